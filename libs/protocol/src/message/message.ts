import { hash } from 'node:crypto'
import { decodeCanonical } from '../bytes/bencode.ts'
import { concat } from '../bytes/bytes.ts'
import { Dict } from '../bytes/dict.ts'
import { KEY_BYTES } from '../limits.ts'
import { faulty, type Parsed } from '../parsed.ts'
import { encodeItem, type Item, type ItemFault, itemOf, signedBytes } from './item.ts'

/**
 * A message is a BEP 44 mutable item whose salt names its receiver. As bytes, on HTTP, the bus and in the log, it is the
 * canonical bencoding of
 *   k     32 bytes      author's Ed25519 public key
 *   salt  32–64 bytes   receiver's public key, then the topic (0–32 bytes of UTF-8)
 *   seq   int64         sender's clock, Unix microseconds
 *   sig   64 bytes      Ed25519 over the item's signed bytes
 *   v     any           a byte string (plain text) or a dict
 */
export type Message = Item

export const MESSAGE_MEDIA_TYPE = 'application/vnd.p2pmsg.message'

export const encodeMessage: (message: Message) => Uint8Array = encodeItem

/** Checks the shape alone: lengths and canonical encoding. Neither signature nor content. */
export function parseMessage(bytes: Uint8Array): Parsed<Message, ItemFault> {
  const decoded = decodeCanonical(bytes)
  if (!decoded.ok || !(decoded.value instanceof Dict)) return faulty('malformed')
  return decoded.value.size === MEMBERS ? messageOf(decoded.value) : faulty('malformed')
}

const MEMBERS = 5

/** Reads a message out of a dict that may hold more members, such as the arguments of a KRPC query. */
export function messageOf(dict: Dict): Parsed<Message, ItemFault> {
  const item = itemOf(dict)
  if (!item.ok) return item
  const value = dict.get('v')
  const typed = value instanceof Uint8Array || value instanceof Dict
  return typed && item.value.salt.length >= KEY_BYTES ? item : faulty('malformed')
}

export function receiverOf(message: Pick<Message, 'salt'>): Uint8Array {
  return message.salt.subarray(0, KEY_BYTES)
}

export function topicOf(message: Pick<Message, 'salt'>): Uint8Array {
  return message.salt.subarray(KEY_BYTES)
}

/** SHA-256(author's key ‖ signed bytes), 32 bytes. It leaves out the signature, so one message has one id however it is signed. */
export function messageId(message: Message): Uint8Array {
  return hash('sha256', concat([message.key, signedBytes(message)]), 'buffer')
}

/** SHA-256 of a whole message with its signature, 32 bytes: tells apart what shares an id but not its fate. */
export function messageDigest(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** A message's salt. @param topic at most 32 bytes of UTF-8 */
export function saltOf(receiver: Uint8Array, topic: Uint8Array): Uint8Array {
  return concat([receiver, topic])
}
