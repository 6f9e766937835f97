import { writeFile } from 'node:fs/promises'
import {
  type Address,
  encodeMessage,
  formatAddress,
  fromHex,
  HASH_BYTES,
  parseReceipt,
  toBase64Url,
} from '@p2pmsg/protocol'
import { receiptFile, wordsOf } from '../../receipt-file.ts'
import type { SendResult, Wait } from '../../send-options.ts'
import { Sender } from '../../sender.ts'
import { type Command, oneOf, options, type Surroundings } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { readExpiry } from '../expiry.ts'
import { senderKeys } from '../key-file.ts'
import { readContent } from '../message-content.ts'
import { receiverAddress } from '../settings.ts'

const TIMEOUT_DEFAULT = 30
/** A day. */
const TIMEOUT_MAX = 86_400
const WAITS: readonly Wait[] = ['logged', 'accepted', 'stored']

export const send: Command = {
  name: 'send',
  summary: 'sign a message, send it, and keep at it until its receipt',
  help: `p2pmsg send [text …] [--to ADDRESS] [--topic TOPIC] [--key FILE] [--type TYPE] [--reply-to ID] [--expires WHEN]
            [--seal] [--wait logged|accepted|stored] [--timeout SECONDS] [--save-receipt FILE] [--bootstrap LIST] [--json]

Sends the words, or standard input when there are none. The same bytes go out again (0.5 s, doubling to 30 s) until a
receipt that verifies, a final refusal, or the timeout.

  --to ADDRESS         p2pmsg://<key>[@host:port][/topic]; else P2PMSG_TO, else "to" in config.json. Without a host the
                       receiver is looked up in the DHT
  --bootstrap LIST     host:port of DHT nodes for that, else P2PMSG_BOOTSTRAP, else well-known ones
  --topic TOPIC        at most 32 bytes; else the address's
  --key FILE           who signs; else ~/.config/p2pmsg/key, which is made on first use
  --type TYPE          content type, default text/plain; of any but text/… the bytes of standard input go as they are
  --reply-to ID        the message that this one answers
  --expires WHEN       90s, 15m, 24h, 7d, or a date such as 2030-01-31T12:00:00Z
  --seal               text or body and its type for the receiver's eyes alone; the rest can be read by all
  --wait STAGE         logged: the cluster has it. accepted (default): there is a receipt. stored: readers see it
  --timeout SECONDS    default ${TIMEOUT_DEFAULT}; 0 = for ever
  --save-receipt FILE  writes the receipt, for p2pmsg verify
  --json               print one object

Exit codes: 0 done, 1 refused, 2 not understood, 3 time over and the message's fate unknown, 4 no router answers.`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      to: { type: 'string' },
      bootstrap: { type: 'string' },
      topic: { type: 'string' },
      key: { type: 'string' },
      type: { type: 'string' },
      'reply-to': { type: 'string' },
      expires: { type: 'string' },
      seal: { type: 'boolean' },
      wait: { type: 'string', default: 'accepted' },
      timeout: { type: 'string', default: String(TIMEOUT_DEFAULT) },
      'save-receipt': { type: 'string' },
      json: { type: 'boolean', default: false },
    })
    const wait = oneOf('wait', values.wait, WAITS)
    if (wait === 'logged' && values['save-receipt'] !== undefined)
      throw new UsageError(
        'a message that is only logged has no receipt: --save-receipt wants --wait accepted or stored',
      )
    const timeout = seconds(values.timeout)
    const address = await receiverAddress(values.to, around.env)
    const draft = {
      ...(await readContent(positionals, values.type, around.stdin)),
      ...(values.topic !== undefined && { topic: values.topic }),
      ...(values['reply-to'] !== undefined && { replyTo: readId(values['reply-to']) }),
      ...(values.expires !== undefined && { expires: readExpiry(values.expires, Date.now()) }),
    }
    const keys = await senderKeys(values.key, around)
    const late = timeout === 0 ? [] : [AbortSignal.timeout(timeout * 1000)]
    const signal = AbortSignal.any([around.signal, ...late])
    const dht = dhtOptions(values.bootstrap, around.env)
    await using sender = await Sender.start({ keys, address, wait, signal, dht })
    const deliver = async () => {
      const message = sender.compose(values.seal ? await sender.seal(draft) : draft)
      return { message, result: await sender.deliver(message) }
    }
    const delivered = await deliver().catch((error: unknown) => {
      if (late.some((signal) => signal.reason === error)) return undefined
      throw error
    })
    if (!delivered) return unknown(sender, timeout, address, values.json, around)
    const { message, result } = delivered
    const file = values['save-receipt']
    if (file !== undefined && result.verified) {
      const receipt = receiptFile(formatAddress(address), result.receipt, encodeMessage(message))
      await writeFile(file, `${JSON.stringify(receipt, undefined, 2)}\n`)
    }
    around.say(values.json ? JSON.stringify(asJson(result)) : asWords(result, sender.feedUrl, file))
    return EXIT.ok
  },
}

function seconds(text: string): number {
  const value = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= TIMEOUT_MAX)) throw new UsageError(`--timeout is seconds, from 0 to ${TIMEOUT_MAX}`)
  return value
}

function readId(text: string): Uint8Array {
  const id = fromHex(text, HASH_BYTES)
  if (!id) throw new UsageError('--reply-to is a message id: 64 hex digits')
  return id
}

/** No receipt in time: the difference between nobody there and no word from them is the exit code. */
function unknown(sender: Sender, timeout: number, address: Address, json: boolean, around: Surroundings): number {
  const { heard, trouble } = sender
  const error = heard ? 'timeout' : 'unreachable'
  const why = trouble === undefined ? '' : `: ${trouble}`
  if (json) around.say(JSON.stringify({ error, detail: trouble ?? null, address: formatAddress(address) }))
  if (heard)
    around.note(`no receipt within ${timeout} s${why}. The message may still arrive; --timeout 0 waits for ever`)
  else
    around.note(`nobody took the message within ${timeout} s${why}. Is the address right? p2pmsg ping asks the router`)
  return heard ? EXIT.timeout : EXIT.unreachable
}

function asJson(result: SendResult) {
  const { receipt, ...said } = result
  const words = receipt && parseReceipt(receipt)
  return { ...said, ...(words?.ok && wordsOf(words.value)), receipt: receipt ? toBase64Url(receipt) : null }
}

function asWords(result: SendResult, feedUrl: string | undefined, file: string | undefined): string {
  const { stage, id, attempts, millis, receipt } = result
  const words = receipt && parseReceipt(receipt)
  const proof = words?.ok ? wordsOf(words.value) : undefined
  const tries = attempts === 1 ? 'at once' : `after ${attempts} tries`
  return [
    `${stage}  ${id}`,
    ...(proof ? [`  receipt   verified: position ${proof.position}, ${proof.durability}, ${proof.time}`] : []),
    ...(file === undefined ? [] : [`            in ${file}; p2pmsg verify ${file} checks it`]),
    `  took      ${millis.toFixed(1)} ms, ${tries}`,
    ...(feedUrl === undefined ? [] : [`  feed      ${feedUrl}`]),
  ].join('\n')
}
