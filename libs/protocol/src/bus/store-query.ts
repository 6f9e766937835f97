import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import type { RefusalCode } from '../codes.ts'
import { HASH_BYTES, KEY_BYTES } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { readCode, writeCode } from './refusal-code.ts'

/** How a value of one type stands in bytes. */
export type Codec<T> = Readonly<{ write: (writer: Writer, value: T) => unknown; read: (reader: Reader) => T }>

/** A question to the store and its answer, over NATS request/reply. */
export type StoreQuery<Q, A> = Readonly<{
  /** The subject that the store's queue group listens on. */
  name: string
  encode: (question: Q) => Uint8Array
  parse: (bytes: Uint8Array) => Parsed<Q>
  encodeReply: (reply: Reply<A>) => Uint8Array
  parseReply: (bytes: Uint8Array) => Parsed<Reply<A>>
}>

/** An answer, or why there is none: `malformed` (the question), `unavailable` (the database). */
export type Reply<A> = Readonly<{ ok: true; answer: A }> | Readonly<{ ok: false; code: RefusalCode }>

const VERSION = 1
/** Longest topic or search in a question, UTF-16 code units. */
export const TEXT_LENGTH_MAX = 1024

export function query<Q, A>(name: string, question: Codec<Q>, answer: Codec<A>): StoreQuery<Q, A> {
  return {
    name: `store.v1.${name}`,
    encode: (value) => {
      const writer = new Writer().u8(VERSION)
      question.write(writer, value)
      return writer.done()
    },
    parse: (bytes) => parseAll(bytes, question.read, 'bad-question'),
    encodeReply: (reply) => {
      const writer = new Writer().u8(VERSION).u8(reply.ok ? 0 : 1)
      if (reply.ok) answer.write(writer, reply.answer)
      else writeCode(writer, reply.code)
      return writer.done()
    },
    parseReply: (bytes) => parseAll(bytes, (reader) => readReply(reader, answer), 'bad-reply'),
  }
}

function parseAll<T>(bytes: Uint8Array, read: (reader: Reader) => T, fault: string): Parsed<T> {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const value = read(reader)
  return version === VERSION && reader.complete ? parsed(value) : faulty(fault)
}

function readReply<A>(reader: Reader, answer: Codec<A>): Reply<A> {
  if (reader.u8() === 0) return { ok: true, answer: answer.read(reader) }
  return { ok: false, code: readCode(reader) }
}

export const key: Codec<Uint8Array> = { write: (w, v) => w.bytes(v), read: (r) => r.bytes(KEY_BYTES) }
export const id: Codec<Uint8Array> = { write: (w, v) => w.bytes(v), read: (r) => r.bytes(HASH_BYTES) }
export const text: Codec<string> = { write: (w, v) => w.text(v), read: (r) => r.text() }
export const u64: Codec<bigint> = { write: (w, v) => w.u64(v), read: (r) => r.u64() }
