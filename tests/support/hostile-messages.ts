// Messages that try what Postgres, indexes and parsers dislike, as far as ingest's typing lets them through.
import { randomBytes, randomInt } from 'node:crypto'
import {
  bencode,
  DELETE_TYPE,
  type Encodable,
  type Message,
  messageId,
  PROFILE_TYPE,
  parseContent,
  SEALED_TYPE,
  saltOf,
  UNIX_SECONDS_MAX,
  utf8,
  VALUE_HTTP_BYTES_MAX,
} from '@p2pmsg/protocol'

/** Characters at the edges of UTF-8, of collations, of SQL, of COPY, of arrays, of terminals and of markup. */
const PIECES = [
  '\u0001',
  '\u001b[2J',
  '\r\n',
  '\t',
  '\\',
  '\\N',
  '\\.',
  "'",
  "''; DROP TABLE message; --",
  '"',
  '$1',
  '{}',
  '{NULL}',
  'NULL',
  '%s',
  '<script>',
  ']]>',
  '&#0;',
  '\u007f',
  '\u0080',
  '\u00a0',
  'ß',
  'İ',
  'ı',
  '\u0301',
  '\u200b',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\ufffe',
  '\uffff',
  '\u{10000}',
  '\u{1f469}\u200d\u{1f4bb}',
  '\u{10ffff}',
  '',
  ' ',
  'a'.repeat(3000),
]
const TYPES = [
  'text/plain',
  'text/html',
  'text/',
  PROFILE_TYPE,
  DELETE_TYPE,
  SEALED_TYPE,
  ' ',
  "'",
  '\\',
  '{',
  '~'.repeat(127),
  'a/b; c="d"',
]
const INT64_MAX = 2n ** 63n - 1n
const HISTORY_MAX = 200

/** Makes one message after the other; deletes and answers name earlier ones, others' and none that exist. */
export class HostileMessages {
  readonly #receivers: readonly Uint8Array[]
  readonly #authors = Array.from({ length: 20 }, () => randomBytes(32))
  readonly #history: Message[] = []

  constructor(receivers: readonly Uint8Array[]) {
    this.#receivers = receivers
  }

  /** The next that ingest would let through. */
  next(): Message {
    for (;;) {
      const message = this.#draft()
      if (message.value.length > VALUE_HTTP_BYTES_MAX || !parseContent(message).ok) continue
      if (this.#history.length < HISTORY_MAX) this.#history.push(message)
      else this.#history[randomInt(HISTORY_MAX)] = message
      return message
    }
  }

  #draft(): Message {
    const earlier = pick(this.#history)
    const same = earlier && chance(0.5) // deletes that hit
    return {
      key: same ? earlier.key : (pick(this.#authors) ?? randomBytes(32)),
      salt: same ? earlier.salt : saltOf(pick(this.#receivers) ?? randomBytes(32), truncated(words(2), 32)),
      seq: pick([0n, 1n, INT64_MAX, BigInt(Date.now()) * 1000n, BigInt(randomInt(2 ** 40))]) ?? 0n,
      signature: randomBytes(64),
      value: bencode(chance(0.3) ? utf8(words(5)) : this.#dict(earlier)),
    }
  }

  #dict(earlier: Message | undefined): Encodable {
    const type = chance(0.3) ? undefined : pick(TYPES)
    const target = earlier && chance(0.7) ? messageId(earlier) : randomBytes(32)
    return {
      b: chance(0.1) ? undefined : chance(0.2) ? randomBytes(randomInt(2_000)) : chance(0.02) ? big() : utf8(words(8)),
      t: type,
      r: type === DELETE_TYPE || chance(0.3) ? target : undefined,
      x: chance(0.2) ? pick([0, 1, UNIX_SECONDS_MAX, Math.floor(Date.now() / 1000) + 60]) : undefined,
      name: chance(0.2) ? utf8(words(3)) : undefined,
      about: chance(0.1) ? utf8(words(3)) : undefined,
      '': chance(0.1) ? [randomBytes(3), { '\u0000': 1 }] : undefined, // unknown keys live in the signed bytes alone
    }
  }
}

function words(max: number): string {
  return Array.from({ length: randomInt(max + 1) }, () => pick(PIECES)).join('')
}

function big(): Uint8Array {
  return utf8('\u{10ffff}'.repeat(15_000))
}

/** At most so many bytes; half a character may stay at the end, which is for typing to refuse. */
function truncated(text: string, bytes: number): Uint8Array {
  return utf8(text).subarray(0, bytes)
}

function pick<T>(values: readonly T[]): T | undefined {
  return values.length === 0 ? undefined : values[randomInt(values.length)]
}

function chance(of: number): boolean {
  return Math.random() < of
}
