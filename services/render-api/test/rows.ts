// Rows as the store tells them, of messages signed with fixed keys.
import {
  type Draft,
  encodeContent,
  encodeMessage,
  type KeyPair,
  keyPairFromSeed,
  type Message,
  messageId,
  type Position,
  type Row,
  saltOf,
  signItem,
  utf8,
} from '@p2pmsg/protocol'

export const RECEIVER: KeyPair = keyPairFromSeed(Buffer.alloc(32, 1))
export const AUTHOR: KeyPair = keyPairFromSeed(Buffer.alloc(32, 2))
/** 2026-01-02T03:04:05.678901Z */
const SENT_MICROS = 1_767_323_045_678_901n
export const RECEIVED_MS = 1_767_323_046_000

export function aMessage(draft: Draft, { author = AUTHOR, topic = '', seq = SENT_MICROS } = {}): Message {
  return signItem(author, { salt: saltOf(RECEIVER.publicKey, utf8(topic)), seq, value: encodeContent(draft) })
}

export function aRow(position: Position, draft: Draft, options: Parameters<typeof aMessage>[1] = {}): Row {
  const message = aMessage(draft, { seq: SENT_MICROS + position, ...options })
  return { ...aTombstone(position), id: messageId(message), message: encodeMessage(message) }
}

export function aTombstone(position: Position): Row {
  const id = Buffer.alloc(32, Number(position % 256n))
  return { position, id, receivedMs: RECEIVED_MS, storedMs: RECEIVED_MS + 12, dialect: 'krpc', message: Buffer.of() }
}
