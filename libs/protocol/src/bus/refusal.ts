import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import type { RefusalCode } from '../codes.ts'
import { HASH_BYTES, KEY_BYTES, PACK_ENVELOPES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { readCode, writeCode } from './refusal-code.ts'

/**
 * What ingest refused, for operators and for `trace`. Big-endian:
 *   version   u8  1
 *   refusals  u16 count, then each:
 *     time      u64            Unix milliseconds, when it was judged
 *     code      u8             index in REFUSAL_CODES
 *     count     u32            messages that this line stands for; above 1 it is a summary and has no id
 *     digest    optional 32    SHA-256 of the whole message
 *     id        optional 32    of a message that parses
 *     receiver  optional 32    its receiver
 */
export type Refusal = Readonly<{
  time: number
  code: RefusalCode
  count: number
  digest: Uint8Array | undefined
  id: Uint8Array | undefined
  receiver: Uint8Array | undefined
}>

const VERSION = 1

export function encodeRefusals(refusals: readonly Refusal[]): Uint8Array {
  return new Writer()
    .u8(VERSION)
    .list(refusals, (w, { time, code, count, digest, id, receiver }) => {
      writeCode(w.u64(time), code)
      w.u32(count)
      for (const bytes of [digest, id, receiver]) w.optional(bytes, (inner, value) => inner.bytes(value))
    })
    .done()
}

export function parseRefusals(bytes: Uint8Array): Parsed<readonly Refusal[], 'bad-refusals'> {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const refusals = reader.list(PACK_ENVELOPES_MAX, readRefusal)
  return version === VERSION && reader.complete ? parsed(refusals) : faulty('bad-refusals')
}

function readRefusal(reader: Reader): Refusal {
  return {
    time: reader.safe(),
    code: readCode(reader),
    count: reader.u32(),
    digest: reader.optional((r) => r.bytes(HASH_BYTES)),
    id: reader.optional((r) => r.bytes(HASH_BYTES)),
    receiver: reader.optional((r) => r.bytes(KEY_BYTES)),
  }
}
