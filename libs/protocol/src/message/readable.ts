import type { Dialect } from '../bus/envelope.ts'
import { KEY_BYTES } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { legacyAuthor, legacyContent, legacyId, parseLegacyMessage } from '../telex/legacy-message.ts'
import { type Content, parseContent } from './content.ts'
import { messageId, parseMessage, receiverOf } from './message.ts'

/** A message as the bus and the store carry it: what its bytes mean depends on how it came in. */
export type Carried = Readonly<{ dialect: Dialect; receivedMs: number; bytes: Uint8Array }>

/** A message of either kind, as whoever stores and shows it needs it. */
export type Readable = Readonly<{
  receiver: Uint8Array
  /** The author's Ed25519 key; of a legacy message the fingerprint of its RSA key. 32 bytes. */
  key: Uint8Array
  /** The sender's clock, Unix microseconds; a legacy message names no time, so the edge's stands for it. */
  seq: bigint
  content: Content
  /** Signed as in 2011, with a key that can be broken: {@link LEGACY_WARNING} is to be shown. */
  legacy: boolean
}>

/** A plain word to readers. */
export const LEGACY_WARNING = 'Signed as in 2011: such a signature can be forged today.'

const MICROSECONDS = 1000n // in a millisecond

/** Reads a message that ingest has judged: shape and typing, not the signature. */
export function readMessage({ dialect, receivedMs, bytes }: Carried): Parsed<Readable, 'malformed'> {
  if (dialect === 'telex') {
    const message = parseLegacyMessage(bytes)
    if (!message.ok) return message
    const { receiver, n } = message.value
    const seq = BigInt(receivedMs) * MICROSECONDS
    return parsed({ receiver, key: legacyAuthor(n), seq, content: legacyContent(message.value), legacy: true })
  }
  const message = parseMessage(bytes)
  const content = message.ok ? parseContent(message.value) : message
  if (!message.ok || !content.ok) return faulty('malformed')
  const { key, seq } = message.value
  return parsed({ receiver: receiverOf(message.value), key, seq, content: content.value, legacy: false })
}

/** Whose message it is, without looking at more than that takes. */
export function receiverIn({ dialect, bytes }: Omit<Carried, 'receivedMs'>): Uint8Array | undefined {
  if (dialect === 'telex') return bytes.length > KEY_BYTES ? bytes.subarray(0, KEY_BYTES) : undefined
  const message = parseMessage(bytes)
  return message.ok ? receiverOf(message.value) : undefined
}

/** Whose message it is and under which id it would be stored, of any message that has the shape of one. */
export function identify({
  dialect,
  receivedMs,
  bytes,
}: Carried): { id: Uint8Array; receiver: Uint8Array } | undefined {
  if (dialect === 'telex') {
    const legacy = parseLegacyMessage(bytes)
    return legacy.ok ? { id: legacyId(legacy.value, receivedMs), receiver: legacy.value.receiver } : undefined
  }
  const message = parseMessage(bytes)
  return message.ok ? { id: messageId(message.value), receiver: receiverOf(message.value) } : undefined
}
