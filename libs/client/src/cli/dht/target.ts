import { createHash } from 'node:crypto'
import { fromHex, ID_BYTES, parseKey, SALT_BYTES_MAX } from '@p2pmsg/protocol'
import { UsageError } from '../exit-code.ts'

/** 20 bytes as 40 hex digits. @throws {UsageError} */
export function readHash(text: string, what: string): Uint8Array {
  const hash = fromHex(text, ID_BYTES)
  if (!hash) throw new UsageError(`${what} is 40 hex digits`)
  return hash
}

/** Where an item stands: 40 hex digits, or the key of who signs it, with its salt (BEP 44). @throws {UsageError} */
export function readTarget(text: string, salt: Uint8Array): Uint8Array {
  const key = parseKey(text)
  return key ? createHash('sha1').update(key).update(salt).digest() : readHash(text, 'what to get, unless it is a key,')
}

/** @throws {UsageError} when it is too long */
export function readSalt(text: string | undefined): Uint8Array {
  const salt = Buffer.from(text ?? '')
  if (salt.length > SALT_BYTES_MAX) throw new UsageError(`--salt is text of at most ${SALT_BYTES_MAX} bytes`)
  return salt
}

const SEQ_MAX = 2n ** 63n - 1n

/** A number of BEP 44. @throws {UsageError} */
export function readSeq(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,19}$/.test(text) ? BigInt(text) : SEQ_MAX + 1n
  if (value > SEQ_MAX) throw new UsageError(`--${name} is a whole number from 0 to 2^63 − 1`)
  return value
}
