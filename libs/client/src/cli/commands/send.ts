import { writeFile } from 'node:fs/promises'
import { encodeMessage, formatAddress, fromHex, HASH_BYTES } from '@p2pmsg/protocol'
import { receiptFile } from '../../receipt-file.ts'
import type { Wait } from '../../send-options.ts'
import { Sender } from '../../sender.ts'
import { type Command, oneOf, options, type Surroundings } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { readExpiry } from '../expiry.ts'
import { FOLLOW_WINDOW, type FollowOptions, follow } from '../follow.ts'
import { senderKeys } from '../key-file.ts'
import { readContent } from '../message-content.ts'
import { openOutbox, tellLeft } from '../outbox-folder.ts'
import { jsonOf, tellUnknown, wordsOfResult } from '../send-words.ts'
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
            [--no-outbox]
p2pmsg send --follow [--ordered] [the same, but for --save-receipt]

Sends the words, or standard input when there are none, until a receipt that verifies, a final refusal, or the timeout: over
the encrypted pipe of the receiver's routers, else by datagrams, else over HTTP. The message lies in the outbox meanwhile;
p2pmsg outbox retry goes on with what was interrupted.

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
  --timeout SECONDS    default ${TIMEOUT_DEFAULT}; 0 = for ever. With --follow: without any answer
  --follow             each line of standard input is a message, sent as it comes, ${FOLLOW_WINDOW} under way at most; how far it
                       is stands on stderr
  --ordered            one message under way at a time, so that the feed has them in the order of the lines
  --no-outbox          keep nothing on disk: what is interrupted is lost
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
      seal: { type: 'boolean', default: false },
      wait: { type: 'string', default: 'accepted' },
      timeout: { type: 'string', default: String(TIMEOUT_DEFAULT) },
      'save-receipt': { type: 'string' },
      follow: { type: 'boolean', default: false },
      ordered: { type: 'boolean', default: false },
      'no-outbox': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    })
    const wait = oneOf('wait', values.wait, WAITS)
    const file = values['save-receipt']
    if (wait === 'logged' && file !== undefined)
      throw new UsageError(
        'a message that is only logged has no receipt: --save-receipt wants --wait accepted or stored',
      )
    if (values.follow && (positionals.length > 0 || file !== undefined))
      throw new UsageError('--follow takes the messages from standard input; p2pmsg outbox receipt has their receipts')
    const timeout = seconds(values.timeout)
    const address = await receiverAddress(values.to, around.env)
    const common = {
      ...(values.topic !== undefined && { topic: values.topic }),
      ...(values['reply-to'] !== undefined && { replyTo: readId(values['reply-to']) }),
      ...(values.expires !== undefined && { expires: readExpiry(values.expires, Date.now()) }),
    }
    const content = values.follow ? undefined : await readContent(positionals, values.type, around.stdin)
    const keys = await senderKeys(values.key, around)
    await using outbox = values['no-outbox'] ? undefined : await openOutbox(around.env)
    const sender = {
      keys,
      wait,
      ordered: values.ordered,
      dht: dhtOptions(values.bootstrap, around.env),
      ...(outbox && { outbox }),
    }
    const said = { address, seal: values.seal, timeout, json: values.json }
    try {
      if (!content) {
        const draft = { ...common, ...(values.type !== undefined && { type: values.type }) }
        return await follow({ ...said, sender, draft }, around)
      }
      return await sendOne({ ...said, sender, draft: { ...common, ...content }, file }, around)
    } finally {
      tellLeft(outbox, around.note)
    }
  },
}

type One = FollowOptions & Readonly<{ file: string | undefined }>

async function sendOne({ address, draft, seal, timeout, json, file, ...given }: One, around: Surroundings) {
  const late = timeout === 0 ? undefined : AbortSignal.timeout(timeout * 1000)
  const signal = late ? AbortSignal.any([around.signal, late]) : around.signal
  await using sender = await Sender.start({ ...given.sender, address, signal })
  const deliver = async () => {
    const message = sender.compose(seal ? await sender.seal(draft) : draft)
    return { message, result: await sender.deliver(message) }
  }
  const delivered = await deliver().catch((error: unknown) => {
    if (late?.aborted && late.reason === error) return undefined
    throw error
  })
  if (!delivered) return tellUnknown(sender, timeout, formatAddress(address), json, around)
  const { message, result } = delivered
  if (file !== undefined && result.verified) {
    const receipt = receiptFile(formatAddress(address), result.receipt, encodeMessage(message))
    await writeFile(file, `${JSON.stringify(receipt, undefined, 2)}\n`)
  }
  around.say(json ? JSON.stringify(jsonOf(result)) : wordsOfResult(result, sender.feedUrl, file))
  return EXIT.ok
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
