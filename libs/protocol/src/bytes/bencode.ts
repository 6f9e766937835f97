import { faulty, type Parsed, parsed } from '../parsed.ts'
import { Dict } from './dict.ts'

/**
 * Bencode (BEP 3), strict:
 *   integer  i<digits>e      no leading zero, no `-0`, within int64 (BEP 44 `seq`)
 *   string   <length>:<bytes> no leading zero
 *   list     l<values>e
 *   dict     d(<string><value>)*e
 */
export type Bencoded = bigint | Uint8Array | readonly Bencoded[] | Dict

/** Deepest nesting; libtorrent has the same. */
export const DEPTH_MAX = 10
/** Most values and keys in one datagram; libtorrent has the same. */
export const TOKENS_MAX = 500

export type BencodeFault =
  | 'not-bencode'
  | 'truncated'
  | 'bad-integer'
  | 'bad-length'
  | 'too-deep'
  | 'too-many-tokens'
  | 'duplicate-key'
  | 'trailing-bytes'
  | 'not-canonical'

export type Decoded = Readonly<{
  value: Bencoded
  /** Bytes read; less than given when others follow. */
  length: number
  /** Each dict in it has its keys in order. */
  canonical: boolean
}>

const [INT, LIST, DICT, END, COLON, MINUS, ZERO, NINE] = [0x69, 0x6c, 0x64, 0x65, 0x3a, 0x2d, 0x30, 0x39] as const
const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)
/** 2^63 has 19 digits. */
const INT_DIGITS_MAX = 19
/** Enough for any length below 10^7; a datagram's are far smaller. */
const LENGTH_DIGITS_MAX = 7
/** Longest key that is read character by character. */
const KEY_BYTES_SHORT = 16

/** Reads the value at the start of `bytes`. Keys out of order and bytes behind it are reported, not refused (KRPC tolerates both). */
export function decodePrefix(bytes: Uint8Array): Parsed<Decoded, BencodeFault> {
  const decoder = new Decoder(bytes)
  const value = decoder.value(0)
  if (value === undefined) return faulty(decoder.fault)
  return parsed({ value, length: decoder.at, canonical: decoder.canonical })
}

/** Reads exactly one canonical value: keys in order, nothing behind it. Its encoding is then the only one it has. */
export function decodeCanonical(bytes: Uint8Array): Parsed<Bencoded, BencodeFault> {
  const decoded = decodePrefix(bytes)
  if (!decoded.ok) return decoded
  if (decoded.value.length !== bytes.length) return faulty('trailing-bytes')
  if (!decoded.value.canonical) return faulty('not-canonical')
  return parsed(decoded.value.value)
}

class Decoder {
  readonly #bytes: Uint8Array
  #tokens = 0
  #from = 0
  at = 0
  /** Dicts whose keys were out of order. */
  #disorders = 0
  fault: BencodeFault = 'not-bencode'

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get canonical(): boolean {
    return this.#disorders === 0
  }

  #fail(fault: BencodeFault): undefined {
    this.fault = fault
    return undefined
  }

  value(depth: number): Bencoded | undefined {
    if (depth > DEPTH_MAX) return this.#fail('too-deep')
    if (++this.#tokens > TOKENS_MAX) return this.#fail('too-many-tokens')
    const first = this.#bytes[this.at]
    if (first === undefined) return this.#fail('truncated')
    if (first === INT) return this.#integer()
    if (first === LIST) return this.#list(depth)
    if (first === DICT) return this.#dict(depth)
    if (first >= ZERO && first <= NINE) return this.#string()
    return this.#fail('not-bencode')
  }

  #integer(): bigint | undefined {
    const start = ++this.at
    const negative = this.#bytes[this.at] === MINUS
    if (negative) this.at++
    const digitsAt = this.at
    let small = 0 // exact up to 15 digits
    for (;;) {
      const byte = this.#bytes[this.at]
      if (byte === undefined) return this.#fail('truncated')
      if (byte === END) break
      if (byte < ZERO || byte > NINE || this.at - digitsAt >= INT_DIGITS_MAX) return this.#fail('bad-integer')
      small = small * 10 + (byte - ZERO)
      this.at++
    }
    const digits = this.at - digitsAt
    if (digits === 0) return this.#fail('bad-integer')
    if (this.#bytes[digitsAt] === ZERO && (digits > 1 || negative)) return this.#fail('bad-integer')
    const end = this.at++
    if (digits <= 15) return BigInt(negative ? -small : small)
    const value = BigInt(Buffer.from(this.#bytes.subarray(start, end)).toString('latin1'))
    return value > INT64_MAX || value < INT64_MIN ? this.#fail('bad-integer') : value
  }

  #string(): Uint8Array | undefined {
    const end = this.#stringEnd()
    return end === undefined ? undefined : this.#bytes.subarray(this.#from, end)
  }

  /** One character for each byte (latin1). Keys are short: building their text beats making a view to read it from. */
  #key(): string | undefined {
    const end = this.#stringEnd()
    if (end === undefined) return undefined
    if (end - this.#from > KEY_BYTES_SHORT) return latin1(this.#bytes.subarray(this.#from, end))
    let key = ''
    for (let i = this.#from; i < end; i++) key += String.fromCharCode(this.#bytes[i] as number)
    return key
  }

  /** Reads a string's length and leaves the cursor behind the string. @returns its end; its start is in `#from` */
  #stringEnd(): number | undefined {
    const start = this.at
    let length = 0
    for (;;) {
      const byte = this.#bytes[this.at]
      if (byte === undefined) return this.#fail('truncated')
      if (byte === COLON) break
      if (byte < ZERO || byte > NINE || this.at - start >= LENGTH_DIGITS_MAX) return this.#fail('bad-length')
      length = length * 10 + (byte - ZERO)
      this.at++
    }
    if (this.#bytes[start] === ZERO && this.at - start > 1) return this.#fail('bad-length')
    this.#from = ++this.at
    if (this.#from + length > this.#bytes.length) return this.#fail('truncated')
    this.at = this.#from + length
    return this.at
  }

  #list(depth: number): Bencoded[] | undefined {
    this.at++
    const items: Bencoded[] = []
    while (this.#bytes[this.at] !== END) {
      const item = this.value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
    }
    this.at++
    return items
  }

  #dict(depth: number): Dict | undefined {
    this.at++
    const dict = new Dict(this.#bytes)
    const before = this.#disorders
    let previous: string | undefined
    while (this.#bytes[this.at] !== END) {
      const first = this.#bytes[this.at]
      if (first === undefined) return this.#fail('truncated')
      if (first < ZERO || first > NINE) return this.#fail('not-bencode')
      if (++this.#tokens > TOKENS_MAX) return this.#fail('too-many-tokens')
      const key = this.#key()
      if (key === undefined) return undefined
      if (previous !== undefined && key <= previous) dict.canonical = false
      previous = key
      const start = this.at
      const value = this.value(depth + 1)
      if (value === undefined) return undefined
      if (!dict.add(key, value, start, this.at)) return this.#fail('duplicate-key')
    }
    this.at++
    if (!dict.canonical) this.#disorders++
    dict.canonical = this.#disorders === before
    return dict
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
