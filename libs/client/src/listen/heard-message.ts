import {
  equalBytes,
  faulty,
  formatCursor,
  identify,
  type Parsed,
  parsed,
  type Readable,
  type Row,
  readMessage,
  type TapWish,
  toBase64Url,
  toHex,
  toZBase32,
} from '@p2pmsg/protocol'
import { isSigned } from '../check-message.ts'
import type { ShownMessage } from '../open-feed-message.ts'
import { isoOf } from '../receipt-file.ts'

/** A message as feeds show it, checked here: its author's signature, its id, and that it is what was tapped. */
export type HeardMessage = ShownMessage

/** `forged`: its signature or its id is not what it says. `not-asked-for`: another receiver's, author's or topic's. */
export type HeardFault = 'malformed' | 'forged' | 'not-asked-for'

/** A place whose message was removed proves nothing of itself: it only says that something was there. */
export function heardMessage(row: Row, wish: Omit<TapWish, 'after'>): Parsed<HeardMessage, HeardFault> {
  const { dialect, receivedMs, message: bytes } = row
  if (bytes.length === 0) return parsed({ ...placeOf(row), ...NOTHING_SAID, removed: true })
  const said = readMessage({ dialect, receivedMs, bytes })
  if (!said.ok) return faulty('malformed')
  const id = identify({ dialect, receivedMs, bytes })?.id
  if (!id || !equalBytes(id, row.id) || !isSigned(dialect, bytes)) return faulty('forged')
  const { receiver, key, content } = said.value
  if (!equalBytes(receiver, wish.receiver)) return faulty('not-asked-for')
  if (wish.author && !equalBytes(wish.author, key)) return faulty('not-asked-for')
  if (wish.topic !== undefined && wish.topic !== content.topic) return faulty('not-asked-for')
  return parsed({ ...placeOf(row), ...wordsOf(said.value) })
}

function placeOf({ position, id, dialect, receivedMs, storedMs }: Row) {
  return {
    id: toHex(id),
    position: position.toString(),
    cursor: formatCursor(position),
    dialect,
    received: isoOf(receivedMs),
    stored: isoOf(storedMs),
  }
}

const NOTHING_SAID = {
  author: null,
  authorName: null,
  topic: null,
  type: null,
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
    replyTo: replyTo ? toHex(replyTo) : null,
    expires: expires === undefined ? null : isoOf(expires * 1000),
    sent: isoOf(Number(seq / MICROSECONDS)),
    ...(text !== undefined ? { text } : body.length > 0 ? { body: toBase64Url(body) } : {}),
    ...(legacy && { legacy }),
    ...(profile && { profile }),
  }
}
