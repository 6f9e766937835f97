import { randomBytes } from 'node:crypto'
import {
  type Draft,
  encodeBlock,
  encodeContent,
  encodeMessage,
  type Message,
  messageId,
  saltOf,
  utf8,
} from '@p2pmsg/protocol'
import type { StreamRecord } from '@p2pmsg/runtime'

/** Keys of a made-up author and receiver: the store checks no signature. */
export const AUTHOR: Uint8Array = Buffer.alloc(32, 1)
export const RECEIVER: Uint8Array = Buffer.alloc(32, 2)

let seq = 1n

export function aMessage(draft: Draft, author: Uint8Array = AUTHOR, receiver: Uint8Array = RECEIVER): Message {
  return {
    key: author,
    salt: saltOf(receiver, utf8('')),
    seq: seq++,
    signature: randomBytes(64),
    value: encodeContent(draft),
  }
}

/** A record of MESSAGES with these messages, as ingest makes it. */
export function aRecord(streamSeq: number, messages: readonly Message[], receivedMs = 1_000): StreamRecord {
  const data = encodeBlock({
    packId: { incarnation: Buffer.alloc(8, 7), counter: streamSeq },
    partition: 0,
    accepted: messages.map((message, packIndex) => ({
      packIndex,
      id: messageId(message),
      envelope: { receivedMs, dialect: 'krpc', payload: encodeMessage(message) },
    })),
    refused: [],
  })
  return { seq: streamSeq, subject: 'messages.v1.0', data }
}
