import { createHash } from 'node:crypto'
import { utf8 } from '../bytes/bytes.ts'

/**
 * The signatures of February 2011 (ezcrypto, and phpseclib in client.php): RSA with 512 bits and e = 65537, PKCS #1 v1.5 type 1
 * padding around a bare SHA-1 with no DigestInfo: 00 01, FF × 41, 00, 20 bytes. Weak: such a modulus can be factored in days, and the
 * signature covers neither time nor place.
 */
export type RsaKeys = Readonly<{
  /** Public modulus. */
  n: bigint
  /** Private exponent. */
  d: bigint
}>

/** What the message's text was turned into before it was hashed. */
export type HashInput = 'ezcrypto' | 'utf8'

const EXPONENT_BITS = 16 // 65537 = 2^16 + 1
/** Bytes of a modulus: honest ones have 511 or 512 bits. */
export const MODULUS_BYTES = 64
const MODULUS_BITS_MIN = MODULUS_BYTES * 8 - 7
/** Hex digits in `+key` or `+sig`: 128 and what leading zeros were seen; larger numbers cost the original 190 ms each. */
const HEX_DIGITS_MAX = 256
const HEX = /^[0-9a-f]+$/i

/** A modulus as `+key` carries it, or undefined. */
export function parseModulus(hex: string): bigint | undefined {
  const n = parseHex(hex)
  if (n === undefined || n >= 1n << BigInt(MODULUS_BYTES * 8)) return undefined
  return n >> BigInt(MODULUS_BITS_MIN - 1) > 0n && n % 2n === 1n ? n : undefined
}

/** A signature as `+sig` carries it. Numbers of n and above, which 2011 reduced, would give one signature many forms: undefined. */
export function parseSignature(hex: string, n: bigint): bigint | undefined {
  const s = parseHex(hex)
  return s !== undefined && s < n ? s : undefined
}

function parseHex(hex: string): bigint | undefined {
  return hex.length <= HEX_DIGITS_MAX && HEX.test(hex) ? BigInt(`0x${hex}`) : undefined
}

/** @returns under which reading of the text the signature is valid, or undefined */
export function verifyRsa(text: string, s: bigint, n: bigint): HashInput | undefined {
  const opened = raise(s, n)
  if (opened === padded(sha1(ezcryptoBytes(text)))) return 'ezcrypto'
  // client.php hashed UTF-8; its own receivers took it for ASCII alone, where both readings are one.
  return opened === padded(sha1(utf8(text))) ? 'utf8' : undefined
}

/** What an original receiver accepts: lower-case hex without leading zeros. */
export function signRsa(text: string, { n, d }: RsaKeys): string {
  return power(padded(sha1(ezcryptoBytes(text))), d, n).toString(16)
}

/** ezcrypto's bytes: each UTF-16 unit one byte if it fits, else two, big-endian. */
function ezcryptoBytes(text: string): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0xff) bytes.push(unit >> 8)
    bytes.push(unit & 0xff)
  }
  return Uint8Array.from(bytes)
}

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

function padded(hash: string): bigint {
  return BigInt(`0x0001${'ff'.repeat(MODULUS_BYTES - 3 - hash.length / 2)}00${hash}`)
}

/** base^65537 mod n. */
function raise(base: bigint, n: bigint): bigint {
  let result = base
  for (let i = 0; i < EXPONENT_BITS; i++) result = (result * result) % n
  return (result * base) % n
}

/** base^exponent mod n, most significant bit first. Not in constant time: a key this weak has nothing left to leak. */
function power(base: bigint, exponent: bigint, n: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % n
    if (bit === '1') result = (result * base) % n
  }
  return result
}
