import {
  encodeMessage,
  type Frame,
  type ItemFault,
  type Message,
  messageOf,
  type Parsed,
  parsed,
  receiverOf,
} from '@p2pmsg/protocol'
import type { Submission } from '../edge/intake.ts'

export type QueryFrame = Extract<Frame, { kind: 'query' }>
export type AnswerFrame = Exclude<Frame, QueryFrame>

/** A `msg` query, as far as the edge looks into it. */
export type MessageQuery = Submission &
  Readonly<{
    /** Transaction id, 0–64 bytes. */
    t: Uint8Array
    token: Uint8Array | undefined
  }>

/** @returns the message in a query's arguments, in whatever order and company they came */
export function messageQueryOf({ t, args }: QueryFrame): Parsed<MessageQuery, ItemFault> {
  const message = messageOf(args)
  return message.ok ? parsed({ t, token: args.bytes('token'), ...submissionOf(message.value) }) : message
}

function submissionOf(message: Message): Submission {
  return {
    receiver: receiverOf(message),
    valueBytes: message.value.length,
    payload: () => encodeMessage(message),
  }
}

const [DIGIT_0, DIGIT_9, COLON, END] = [0x30, 0x39, 0x3a, 0x65] as const
const [ID_BYTES, KEY_BYTES, SIGNATURE_BYTES, TOKEN_BYTES] = [20, 32, 64, 8] as const
const [SALT_MIN, SALT_MAX, TRANSACTION_MAX] = [32, 64, 64] as const
/** Fewer than int64 may have, so that every number of these fits. */
const SEQ_DIGITS_MAX = 18
const LENGTH_DIGITS_MAX = 4

const ID = Buffer.from('d1:ad2:id20:')
const KEY = Buffer.from('1:k32:')
const PAD = Buffer.from('3:pad')
const SALT = Buffer.from('4:salt')
const SEQ = Buffer.from('3:seqi')
const SIGNATURE = Buffer.from('3:sig64:')
const TOKEN = Buffer.from('5:token8:')
const VALUE = Buffer.from('1:v')
const METHOD = Buffer.from('e1:q3:msg')
const READ_ONLY = Buffer.from('2:roi1e')
const TRANSACTION = Buffer.from('1:t')
const VERSION = Buffer.from('1:v')
const TAIL = Buffer.from('1:y1:qe')

/**
 * Reads a plain text message in the form in which our own senders write it, without building anything: canonical, nothing
 * unknown in it. What a message in canonical bencode is made of then stands in the datagram already and is only copied.
 * @returns what `messageQueryOf(parseFrame(bytes))` would, or undefined for anything out of the ordinary
 */
export function quickMessageQuery(bytes: Uint8Array): MessageQuery | undefined {
  const cursor = new Cursor(bytes)
  cursor.expect(ID)
  cursor.skip(ID_BYTES)
  const key = cursor.at
  cursor.expect(KEY)
  cursor.skip(KEY_BYTES)
  const keyEnd = cursor.at
  if (cursor.has(PAD)) cursor.string(0, bytes.length)
  const salt = cursor.at
  cursor.expect(SALT)
  const receiver = cursor.string(SALT_MIN, SALT_MAX)
  cursor.expect(SEQ)
  cursor.natural()
  cursor.expect(SIGNATURE)
  cursor.skip(SIGNATURE_BYTES)
  const signatureEnd = cursor.at
  cursor.expect(TOKEN)
  const token = cursor.at
  cursor.skip(TOKEN_BYTES)
  const value = cursor.at
  cursor.expect(VALUE)
  cursor.string(0, bytes.length)
  const valueEnd = cursor.at
  cursor.expect(METHOD)
  cursor.has(READ_ONLY)
  cursor.expect(TRANSACTION)
  const transaction = cursor.string(0, TRANSACTION_MAX)
  const transactionEnd = cursor.at
  if (cursor.has(VERSION)) cursor.string(0, bytes.length)
  cursor.expect(TAIL)
  if (!cursor.complete) return undefined
  return {
    t: bytes.subarray(transaction, transactionEnd),
    token: bytes.subarray(token, token + TOKEN_BYTES),
    receiver: bytes.subarray(receiver, receiver + KEY_BYTES),
    valueBytes: valueEnd - value - VALUE.length,
    payload: () => joined(bytes, key, keyEnd, salt, signatureEnd, value, valueEnd),
  }
}

/** `d`, three stretches of the datagram, `e`: a message in canonical bencode. */
function joined(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number, c: number, cEnd: number): Buffer {
  const payload = Buffer.allocUnsafe(2 + aEnd - a + bEnd - b + cEnd - c)
  payload[0] = ID[0] as number
  payload.set(bytes.subarray(a, aEnd), 1)
  payload.set(bytes.subarray(b, bEnd), 1 + aEnd - a)
  payload.set(bytes.subarray(c, cEnd), 1 + aEnd - a + bEnd - b)
  payload[payload.length - 1] = END
  return payload
}

/** Walks over what it expects; once something else comes, it has failed and stays where it is. */
class Cursor {
  readonly #bytes: Uint8Array
  #failed = false
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get complete(): boolean {
    return !this.#failed && this.at === this.#bytes.length
  }

  /** Steps over these bytes, if they come next. */
  has(expected: Uint8Array): boolean {
    for (let i = 0; i < expected.length; i++) if (this.#bytes[this.at + i] !== expected[i]) return false
    this.skip(expected.length)
    return true
  }

  expect(expected: Uint8Array): void {
    if (!this.#failed && !this.has(expected)) this.#failed = true
  }

  skip(length: number): void {
    if (this.at + length > this.#bytes.length) this.#failed = true
    else if (!this.#failed) this.at += length
  }

  /** Steps over a byte string with its length before it. @returns where its bytes start */
  string(min: number, max: number): number {
    const length = this.#digits(LENGTH_DIGITS_MAX, COLON)
    if (length < min || length > max) this.#failed = true
    const start = this.at
    this.skip(length)
    return start
  }

  /** Steps over the digits of a number that is not negative, and the `e` behind them. */
  natural(): void {
    this.#digits(SEQ_DIGITS_MAX, END)
  }

  #digits(max: number, end: number): number {
    const start = this.at
    let value = 0
    for (; this.#bytes[this.at] !== end; this.at++) {
      const byte = this.#bytes[this.at] ?? 0
      if (this.#failed || byte < DIGIT_0 || byte > DIGIT_9 || this.at - start >= max) {
        this.#failed = true
        return 0
      }
      value = value * 10 + (byte - DIGIT_0)
    }
    const digits = this.at - start
    if (digits === 0 || (digits > 1 && this.#bytes[start] === DIGIT_0)) this.#failed = true
    this.skip(1)
    return value
  }
}
