import { utf8 } from '../bytes/bytes.ts'
import { DATAGRAM_IN_BYTES_MAX } from '../limits.ts'
import { isIpv4, type UdpAddress } from './compact.ts'
import { CLIENT_VERSION } from './encode.ts'

/** A member's key, bencoded. */
const KEYS = Object.fromEntries(
  ['interval', 'k', 'nodes', 'nodes6', 'num', 'samples', 'seq', 'sig', 'token', 'v', 'values'].map((key) => [
    key,
    utf8(`${key.length}:${key}`),
  ]),
) as Record<ReplyKey, Uint8Array>
export type ReplyKey =
  | 'interval'
  | 'k'
  | 'nodes'
  | 'nodes6'
  | 'num'
  | 'samples'
  | 'seq'
  | 'sig'
  | 'token'
  | 'v'
  | 'values'

const [D, E, L, I, ZERO, COLON] = [0x64, 0x65, 0x6c, 0x69, 0x30, 0x3a] as const
const IP_V4 = utf8('d2:ip6:')
const IP_V6 = utf8('d2:ip18:')
const BODY = utf8('1:rd2:id20:')
const TRANSACTION = utf8('e1:t')
const TAIL = Buffer.concat([utf8('1:v4:'), CLIENT_VERSION, utf8('1:y1:re')])

/** What is copied byte by byte: up to here a call to copy costs more than the copying. */
const SHORT_BYTES = 26

/** Bytes of a bencoded byte string. */
export function stringBytes(length: number): number {
  return digits(length) + 1 + length
}

/** Bytes of a member of a reply: its key and its byte string. */
export function memberBytes(key: ReplyKey, length: number): number {
  return KEYS[key].length + stringBytes(length)
}

/** Bytes of a member whose value is written raw. */
export function rawBytes(key: ReplyKey, length: number): number {
  return KEYS[key].length + length
}

/**
 * Writes one reply after another into one piece of memory: members in the order of their keys, which is the caller's to keep.
 * Room is the caller's too: `size` says what the reply would have if it ended now, and nobody may write past an Ethernet frame.
 */
export class ReplyWriter {
  readonly #bytes = Buffer.allocUnsafe(DATAGRAM_IN_BYTES_MAX)
  #at = 0
  #tail = 0

  /** Bytes of the reply if it ended now. */
  get size(): number {
    return this.#at + this.#tail
  }

  /** @param to whom it goes to, told to him as `ip` (BEP 42) unless left out @param t 0–64 bytes */
  begin(id: Uint8Array, t: Uint8Array, to: UdpAddress | undefined): this {
    this.#at = 0
    this.#tail = TRANSACTION.length + stringBytes(t.length) + TAIL.length
    if (!to) this.#byte(D)
    else if (isIpv4(to.ip)) this.#bare(IP_V4).#tailOf(to.ip, 12).#port(to.port)
    else this.#bare(IP_V6).#bare(to.ip).#port(to.port)
    return this.#bare(BODY).#bare(id)
  }

  string(key: ReplyKey, value: Uint8Array): this {
    return this.#bare(KEYS[key]).#string(value)
  }

  /** @param value bencoded already */
  raw(key: ReplyKey, value: Uint8Array): this {
    return this.#bare(KEYS[key]).#bare(value)
  }

  int(key: ReplyKey, value: number | bigint): this {
    return this.#bare(KEYS[key]).#byte(I).#digits(value).#byte(E)
  }

  /** Strings of equal length behind one another, as one string: `nodes`. */
  joined(key: ReplyKey, parts: readonly Readonly<{ compact: Uint8Array }>[], count: number): this {
    const length = (parts[0]?.compact.length ?? 0) * count
    this.#bare(KEYS[key]).#digits(length).#byte(COLON)
    for (let i = 0; i < count; i++) this.#bare((parts[i] as { compact: Uint8Array }).compact)
    return this
  }

  /** A list of strings that are bencoded already: `length` bytes of them, in a circle. */
  list(key: ReplyKey, strings: Uint8Array, from: number, length: number): this {
    const head = Math.min(length, strings.length - from)
    this.#bare(KEYS[key])
      .#byte(L)
      .#bare(strings.subarray(from, from + head))
    return this.#bare(strings.subarray(0, length - head)).#byte(E)
  }

  /** @returns a copy of what was written */
  end(t: Uint8Array): Uint8Array {
    this.#bare(TRANSACTION).#string(t).#bare(TAIL)
    const reply = Buffer.allocUnsafe(this.#at)
    this.#bytes.copy(reply, 0, 0, this.#at)
    return reply
  }

  #bare(bytes: Uint8Array): this {
    if (bytes.length > SHORT_BYTES) this.#bytes.set(bytes, this.#at)
    else for (let i = 0; i < bytes.length; i++) this.#bytes[this.#at + i] = bytes[i] as number
    this.#at += bytes.length
    return this
  }

  #tailOf(bytes: Uint8Array, from: number): this {
    for (let i = from; i < bytes.length; i++) this.#byte(bytes[i] as number)
    return this
  }

  #string(bytes: Uint8Array): this {
    return this.#digits(bytes.length).#byte(COLON).#bare(bytes)
  }

  #byte(byte: number): this {
    this.#bytes[this.#at++] = byte
    return this
  }

  #port(port: number): this {
    return this.#byte(port >> 8).#byte(port & 255)
  }

  #digits(value: number | bigint): this {
    if (typeof value === 'number' && value < 1000 && value >= 0) {
      if (value >= 100) this.#byte(ZERO + Math.floor(value / 100))
      if (value >= 10) this.#byte(ZERO + (Math.floor(value / 10) % 10))
      return this.#byte(ZERO + (value % 10))
    }
    return this.#bare(utf8(String(value)))
  }
}

function digits(value: number): number {
  return value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4
}
