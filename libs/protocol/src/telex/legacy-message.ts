import { createHash } from 'node:crypto'
import { concat, utf8 } from '../bytes/bytes.ts'
import { Writer } from '../bytes/writer.ts'
import { KEY_BYTES } from '../limits.ts'
import type { Content } from '../message/content.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { signalsText } from './encode-telex.ts'
import { type HashInput, MODULUS_BYTES, parseModulus, parseSignature, verifyRsa } from './rsa-signature.ts'
import { parseTelex, type Telex, textOf } from './telex.ts'

/**
 * A message of 2011: a telex with `+key`, `+sig` and `+message`. On the bus and in the log it is
 *   receiver  32 bytes  for whom the router that heard it keeps it: the telex itself names nobody
 *   telex     the rest  an object of all its signals, values as they came
 * Headers are left out: `_line` is a password between its sender and the router, and none of them is signed.
 */
export type LegacyMessage = Readonly<{
  receiver: Uint8Array
  /** The author's RSA modulus. */
  n: bigint
  signature: bigint
  /** As signed: any string that JSON can carry. */
  text: string
}>

const ID_TAG = 'telehash-v1'
const AUTHOR_TAG = 'telehash-v1-key'

/** Whether all three signals are there, as strings. Everything else is for whoever judges it. */
export function isLegacyMessage(telex: Telex): boolean {
  return ['+key', '+sig', '+message'].every((name) => textOf(telex, name) !== undefined)
}

export function encodeLegacyMessage(receiver: Uint8Array, telex: Telex): Uint8Array {
  return concat([receiver, utf8(`{${signalsText(telex)}}`)])
}

/** Checks the shape alone, not the signature. */
export function parseLegacyMessage(payload: Uint8Array): Parsed<LegacyMessage, 'malformed'> {
  const telex = parseTelex(payload.subarray(KEY_BYTES))
  if (payload.length <= KEY_BYTES || !telex.ok) return faulty('malformed')
  const text = textOf(telex.value, '+message')
  const n = parseModulus(textOf(telex.value, '+key') ?? '')
  if (text === undefined || n === undefined) return faulty('malformed')
  const signature = parseSignature(textOf(telex.value, '+sig') ?? '', n)
  if (signature === undefined) return faulty('malformed')
  return parsed({ receiver: payload.subarray(0, KEY_BYTES), n, signature, text })
}

export function verifyLegacyMessage({ text, signature, n }: LegacyMessage): HashInput | undefined {
  return verifyRsa(text, signature, n)
}

/**
 * SHA-256("telehash-v1" ‖ n ‖ signature ‖ text ‖ received ms), both numbers in 64 bytes, the text in UTF-8, the time as u64. The time is in
 * it because these messages have no number of their own: the same text said twice has the same signature and is two messages.
 */
export function legacyId({ n, signature, text }: LegacyMessage, receivedMs: number): Uint8Array {
  return createHash('sha256')
    .update(ID_TAG)
    .update(bytesOf(n))
    .update(bytesOf(signature))
    .update(utf8(text.toWellFormed()))
    .update(new Writer(8).u64(receivedMs).done())
    .digest()
}

/** What stands in an author's place: 32 bytes of SHA-256 over the key, for the key itself is longer. */
export function legacyAuthor(n: bigint): Uint8Array {
  return createHash('sha256').update(AUTHOR_TAG).update(bytesOf(n)).digest()
}

/** Its text, cleaned to the rules that every other message is held to: no lone surrogates, no U+0000. */
export function legacyContent({ text }: Pick<LegacyMessage, 'text'>): Content {
  const clean = text.toWellFormed().replaceAll('\0', '\ufffd')
  const none = undefined
  const empty = { topic: '', replyTo: none, expires: none, profile: none }
  return { ...empty, type: 'text/plain', body: utf8(clean), text: clean }
}

function bytesOf(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(MODULUS_BYTES * 2, '0'), 'hex')
}
