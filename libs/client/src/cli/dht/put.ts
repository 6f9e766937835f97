import {
  bencode,
  decodeCanonical,
  ITEM_VALUE_BYTES_MAX,
  isSigned,
  type KeyPair,
  type Storable,
  signItem,
  targetOf,
  toHex,
  toZBase32,
  type Written,
} from '@p2pmsg/protocol'
import type { DhtClient } from '../../dht/dht-client.ts'
import { NotStored } from '../../failures.ts'
import { type Command, options, type Surroundings } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { senderKeys } from '../key-file.ts'
import { readInput } from '../message-content.ts'
import { DHT_OPTIONS, startSession } from './session.ts'
import { readSalt, readSeq } from './target.ts'

export const dhtPut: Command = {
  name: 'put',
  summary: 'store an item',
  help: `p2pmsg dht put [text …] [--signed] [--key FILE] [--salt SALT] [--seq N] [--cas N] [--bencoded]

Stores the words, or standard input, at the nodes nearest to the item's target: under its hash, or with --signed under your
key, where a newer value takes its place. Prints the target. Nodes forget it in about two hours unless it is put again.

  --signed          sign it with ~/.config/p2pmsg/key, which is made on first use; the following options say so too
  --key FILE        sign it with this key
  --salt SALT       one of several items under one key
  --seq N           its number; else one more than that of the item that is found, which must then still be there
  --cas N           only if the stored one has this number
  --bencoded        what is given is bencode already`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      ...DHT_OPTIONS,
      signed: { type: 'boolean' },
      key: { type: 'string' },
      salt: { type: 'string' },
      seq: { type: 'string' },
      cas: { type: 'string' },
      bencoded: { type: 'boolean' },
    })
    const { salt, seq, cas } = {
      salt: readSalt(values.salt),
      seq: readSeq('seq', values.seq),
      cas: readSeq('cas', values.cas),
    }
    const value = await readValue(positionals, values.bencoded === true, around)
    const signed = [values.signed, values.key, values.salt, values.seq, values.cas].some((word) => word !== undefined)
    const keys = signed ? await senderKeys(values.key, around) : undefined
    await using session = await startSession(values, around)
    const draft = { salt, value, seq, cas }
    const made = keys ? await sign(session.dht, keys, draft) : { item: { value }, cas: undefined }
    const written = await session.dht.put(made.item, made.cas)
    if (written.stored === 0) throw new NotStored(whyNot(written))
    const told = { ...describe(made.item), stored: written.stored, asked: written.asked }
    if (values.json) around.say(JSON.stringify({ ...told, refusals: written.refusals, ...session.asked() }))
    else around.say(words(told))
    return EXIT.ok
  },
}

async function readValue(given: readonly string[], isBencode: boolean, around: Surroundings): Promise<Uint8Array> {
  const bytes = await readInput(given, around.stdin)
  const value = isBencode ? bytes : bencode(bytes)
  if (isBencode && !decodeCanonical(bytes).ok) throw new UsageError('what is given is no canonical bencode')
  if (value.length > ITEM_VALUE_BYTES_MAX)
    throw new UsageError(`an item has at most ${ITEM_VALUE_BYTES_MAX} bytes of bencode, this one ${value.length}`)
  return value
}

type Draft = Readonly<{ salt: Uint8Array; value: Uint8Array; seq: bigint | undefined; cas: bigint | undefined }>

/** Without a number it takes the place of what is there now, and of nothing else: whoever was quicker wins. */
async function sign(dht: DhtClient, keys: KeyPair, { salt, value, seq, cas }: Draft) {
  if (seq !== undefined) return { item: signItem(keys, { salt, seq, value }), cas }
  const target = targetOf({ key: keys.publicKey, salt, seq: 0n, value, signature: value })
  const { item: old } = await dht.get(target, salt)
  const last = old && isSigned(old) ? old.seq : undefined
  return { item: signItem(keys, { salt, seq: (last ?? 0n) + 1n, value }), cas: cas ?? last }
}

function describe(item: Storable) {
  const target = toHex(targetOf(item))
  if (!isSigned(item)) return { target }
  return { target, key: toZBase32(item.key), salt: Buffer.from(item.salt).toString(), seq: item.seq.toString() }
}

function words({ target, stored, asked, ...signed }: ReturnType<typeof describe> & Pick<Written, 'stored' | 'asked'>) {
  const seq = 'seq' in signed ? `, number ${signed.seq}` : ''
  return `${target}\n  stored by ${stored} of ${asked} nodes${seq}`
}

/** BEP 44's error numbers. */
const MEANINGS: Readonly<Record<number, string>> = {
  203: 'they did not take our token',
  205: 'the value is too large for them',
  301: 'the stored item has another number than --cas says',
  302: 'an item with this number or a higher one is stored already',
}

function whyNot({ asked, refusals }: Written): string {
  if (asked === 0) return 'no node near the target lets us write'
  const [first] = refusals
  const why = first === undefined ? 'they did not answer' : (MEANINGS[first] ?? `error ${first}`)
  return `none of ${asked} nodes stored it: ${why}`
}
