import { decodeCanonical, isSigned, type Storable, toBase64Url, toHex, toText, toZBase32 } from '@p2pmsg/protocol'
import { NotFound } from '../../failures.ts'
import { type Command, options } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { printable } from '../printable.ts'
import { costOf } from './hops.ts'
import { DHT_OPTIONS, startSession } from './session.ts'
import { readSalt, readTarget } from './target.ts'

export const dhtGet: Command = {
  name: 'get',
  summary: 'print an item',
  help: `p2pmsg dht get <target | key> [--salt SALT]

Prints the item at a target (40 hex digits), or the one that a key signed: the newest that is found, and only if its
signature or its hash is right. A text is printed as it is, anything else as bencode.

  --salt SALT       of a signed item`,
  async run(args, around) {
    const { values, positionals } = options(args, { ...DHT_OPTIONS, salt: { type: 'string' } })
    const [word] = positionals
    if (word === undefined || positionals.length > 1) throw new UsageError('dht get wants one target, or one key')
    const salt = readSalt(values.salt)
    const target = readTarget(word, salt)
    await using session = await startSession(values, around)
    const found = await session.dht.get(target, salt)
    const { item, answers } = found
    if (!item) throw new NotFound(`none of the ${answers} nodes near ${toHex(target)} has it`)
    const value = valueText(item.value)
    if (values.json)
      around.say(
        JSON.stringify({ target: toHex(target), value, ...describe(item), ...costOf(found), ...session.asked() }),
      )
    else around.say(printable(value))
    return EXIT.ok
  },
}

function describe(item: Storable) {
  const bencoded = toBase64Url(item.value)
  if (!isSigned(item)) return { bencoded }
  const { key, seq, salt, signature } = item
  return {
    bencoded,
    key: toZBase32(key),
    salt: Buffer.from(salt).toString(),
    seq: seq.toString(),
    signature: toHex(signature),
  }
}

function valueText(value: Uint8Array): string {
  const decoded = decodeCanonical(value)
  const text = decoded.ok && decoded.value instanceof Uint8Array ? toText(decoded.value) : undefined
  return text ?? Buffer.from(value).toString('latin1')
}
