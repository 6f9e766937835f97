import {
  DIALECTS,
  type Dialect,
  fromBase64Url,
  identify,
  parseLegacyMessage,
  parseMessage,
  type Readable,
  readMessage,
  toHex,
  toZBase32,
  verifyItem,
  verifyLegacyMessage,
} from '@p2pmsg/protocol'
import type { FeedMessage, SignedFeedMessage } from './api/feed-api.ts'
import type { Check } from './check-receipt.ts'

/** What was signed, as a feed shows it. */
const SHOWN = ['author', 'topic', 'type', 'text', 'replyTo'] as const

/**
 * Holds what a feed shows against the bytes that the author signed: nobody has to take the feed's word for it.
 * @param signed as the service gives it by id
 * @param asked the id that was asked for, hex
 * @param receiver for whom it should be, z-base-32; undefined = the one that the feed names
 * @returns every check in order; the message is good when all are
 */
export function checkMessage(signed: SignedFeedMessage, asked: string, receiver = signed.receiver): Check[] {
  const bytes = signed.message === null ? undefined : fromBase64Url(signed.message)
  const dialect = DIALECTS.find((dialect) => dialect === signed.dialect) ?? 'http'
  const carried = bytes && { dialect, bytes, receivedMs: Date.parse(signed.received) }
  const message = carried && readMessage(carried)
  if (!carried || !message?.ok)
    return [{ what: 'the message can be read', ok: false, detail: `${bytes?.length ?? 0} bytes, not a message` }]
  const { key, legacy } = message.value
  const id = identify(carried)?.id
  const forWhom = toZBase32(message.value.receiver)
  const different = differences(signed, message.value)
  return [
    { what: 'the message can be read', ok: true, detail: `${carried.bytes.length} bytes` },
    {
      what: 'its author signed it',
      ok: isSigned(dialect, carried.bytes),
      detail: `${legacy ? 'as in 2011, which can be forged today: author' : 'author'} ${toZBase32(key)}`,
    },
    {
      what: 'its id is made of these bytes',
      ok: id !== undefined && toHex(id) === asked,
      detail: `message id ${asked}`,
    },
    { what: 'the message is for this receiver', ok: forWhom === receiver, detail: `receiver ${forWhom}` },
    {
      what: 'the feed shows what was signed',
      ok: different.length === 0,
      detail: different.length === 0 ? SHOWN.join(', ') : `other ${different.join(', ')}`,
    },
  ]
}

/** Whether the author signed it, by the rules of the way it came. */
export function isSigned(dialect: Dialect, bytes: Uint8Array): boolean {
  if (dialect === 'telex') {
    const legacy = parseLegacyMessage(bytes)
    return legacy.ok && verifyLegacyMessage(legacy.value) !== undefined
  }
  const message = parseMessage(bytes)
  return message.ok && verifyItem(message.value)
}

function differences(shown: FeedMessage, { key, content }: Readable): string[] {
  const { topic, type, text, replyTo } = content
  const said = { author: toZBase32(key), topic, type, text, replyTo: replyTo && toHex(replyTo) }
  return SHOWN.filter((name) => (shown[name] ?? undefined) !== said[name])
}
