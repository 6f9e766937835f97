import {
  equalBytes,
  faulty,
  formatCursor,
  legacyId,
  type Message,
  messageId,
  type Parsed,
  parsed,
  parseLegacyMessage,
  parseMessage,
  type Readable,
  type Row,
  readMessage,
  type TapWish,
  toBase64Url,
  toHex,
  toZBase32,
  verifyItem,
  verifyLegacyMessage,
} from '@p2pmsg/protocol'
import type { FeedMessage } from '../http/read-feed.ts'
import { isoOf } from '../receipt-file.ts'

/** A message as feeds show it, checked here: its author's signature, its id, and that it is what was tapped. */
export type HeardMessage = FeedMessage &
  Readonly<{
    /** Signed as in 2011, with a key that can be broken today. */
    legacy?: true
    /** What the author calls itself, of a profile. */
    profile?: Readonly<{ name: string; about: string }>
  }>

/** `forged`: its signature or its id is not what it says. `not-asked-for`: another receiver's, author's or topic's. */
export type HeardFault = 'malformed' | 'forged' | 'not-asked-for'

/** A place whose message was removed proves nothing of itself: it only says that something was there. */
export function heardMessage(row: Row, wish: Omit<TapWish, 'after'>): Parsed<HeardMessage, HeardFault> {
  if (row.message.length === 0) return parsed({ ...placeOf(row), ...NOTHING_SAID, removed: true })
  const said = readMessage({ dialect: row.dialect, receivedMs: row.receivedMs, bytes: row.message })
  if (!said.ok) return faulty('malformed')
  if (!isGenuine(row)) return faulty('forged')
  const { receiver, key, content } = said.value
  if (!equalBytes(receiver, wish.receiver)) return faulty('not-asked-for')
  if (wish.author && !equalBytes(wish.author, key)) return faulty('not-asked-for')
  if (wish.topic !== undefined && wish.topic !== content.topic) return faulty('not-asked-for')
  return parsed({ ...placeOf(row), ...wordsOf(said.value) })
}

function isGenuine(row: Row): boolean {
  if (row.dialect === 'telex') {
    const legacy = parseLegacyMessage(row.message)
    return (
      legacy.ok && equalBytes(legacyId(legacy.value, row.receivedMs), row.id) && !!verifyLegacyMessage(legacy.value)
    )
  }
  const message = parseMessage(row.message)
  return message.ok && isSigned(message.value, row.id)
}

function isSigned(message: Message, id: Uint8Array): boolean {
  return equalBytes(messageId(message), id) && verifyItem(message)
}

function placeOf({ position, id, receivedMs }: Row) {
  const received = isoOf(receivedMs)
  return { id: toHex(id), position: position.toString(), cursor: formatCursor(position), received, url: null }
}

const NOTHING_SAID = {
  author: null,
  authorName: null,
  topic: null,
  type: null,
  text: null,
  body: null,
  replyTo: null,
  expires: null,
  sent: null,
} as const

const MICROSECONDS = 1000n // in a millisecond

function wordsOf({ key, seq, content, legacy }: Readable) {
  const { topic, type, text, body, replyTo, expires, profile } = content
  return {
    author: toZBase32(key),
    authorName: null,
    topic,
    type,
    text: text ?? null,
    body: text === undefined && body.length > 0 ? toBase64Url(body) : null,
    replyTo: replyTo ? toHex(replyTo) : null,
    expires: expires === undefined ? null : isoOf(expires * 1000),
    sent: isoOf(Number(seq / MICROSECONDS)),
    removed: false,
    ...(legacy && { legacy }),
    ...(profile && { profile }),
  }
}
