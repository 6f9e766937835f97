import { hash } from 'node:crypto'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import type { RefusalCode } from '../codes.ts'
import { HASH_BYTES, PACK_ENVELOPES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Envelope, readEnvelope, writeEnvelope } from './envelope.ts'
import { formatPackId, type PackId, readPackId, writePackId } from './pack.ts'
import { readCode, writeCode } from './refusal-code.ts'

/**
 * What became of one pack in one partition of MESSAGES. Big-endian:
 *   version    u8        1
 *   pack id    16 bytes
 *   partition  u16
 *   accepted   u16 count, then each: pack index u8, id 32 bytes, envelope
 *   refused    u16 count, then each: pack index u8, code u8
 * A message's slot is its index in `accepted`. The refusals are there so that a second judge of the same pack repeats the
 * verdicts of the first.
 */
export type Block = Readonly<{
  packId: PackId
  partition: number
  accepted: readonly Accepted[]
  refused: readonly Refused[]
}>

export type Accepted = Readonly<{
  /** Index of the envelope in its pack. */
  packIndex: number
  /** 32 bytes. */
  id: Uint8Array
  envelope: Envelope
}>

export type Refused = Readonly<{ packIndex: number; code: RefusalCode }>

const VERSION = 1

export function encodeBlock(block: Block): Uint8Array {
  const writer = new Writer(4096).u8(VERSION)
  writePackId(writer, block.packId)
  writer.u16(block.partition)
  writer.list(block.accepted, (w, { packIndex, id, envelope }) => {
    w.u8(packIndex).bytes(id)
    writeEnvelope(w, envelope)
  })
  return writer.list(block.refused, writeRefused).done()
}

export function parseBlock(bytes: Uint8Array): Parsed<Block, 'bad-block'> {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const packId = readPackId(reader)
  const partition = reader.u16()
  const accepted = reader.list(PACK_ENVELOPES_MAX, (r) => ({
    packIndex: r.u8(),
    id: r.bytes(HASH_BYTES),
    envelope: readEnvelope(r),
  }))
  const refused = reader.list(PACK_ENVELOPES_MAX, readRefused)
  return version === VERSION && reader.complete ? parsed({ packId, partition, accepted, refused }) : faulty('bad-block')
}

export function writeRefused(writer: Writer, refused: Refused): void {
  writeCode(writer.u8(refused.packIndex), refused.code)
}

export function readRefused(reader: Reader): Refused {
  return { packIndex: reader.u8(), code: readCode(reader) }
}

/** The publish id under which JetStream stores a block once: `<pack id>.<partition>`. */
export function blockPublishId(packId: PackId, partition: number): string {
  return `${formatPackId(packId)}.${partition}`
}

/** What the store remembers of the last block that it applied, 32 bytes: proves that the log is still the same log. */
export function blockHash(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}
