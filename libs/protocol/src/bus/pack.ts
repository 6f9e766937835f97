import { toHex } from '../bytes/bytes.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { PACK_BYTES_MAX, PACK_ENVELOPES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Envelope, readEnvelope, writeEnvelope } from './envelope.ts'

/**
 * What one router process publishes to `edge.v1` at a time. Big-endian:
 *   version      u8        1
 *   incarnation  8 bytes   random, made when the router process starts
 *   counter      u64       of packs since then
 *   envelopes    u16 count, then each ({@link Envelope})
 */
export type Pack = Readonly<{ id: PackId; envelopes: readonly Envelope[] }>

/** Names a pack for ever: verdicts and publish ids refer to it. */
export type PackId = Readonly<{ incarnation: Uint8Array; counter: number }>

export const INCARNATION_BYTES = 8
const VERSION = 1

export function encodePack(pack: Pack): Uint8Array {
  const writer = new Writer(PACK_BYTES_MAX / 4).u8(VERSION)
  writePackId(writer, pack.id)
  return writer.list(pack.envelopes, writeEnvelope).done()
}

export function parsePack(bytes: Uint8Array): Parsed<Pack, 'bad-pack'> {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const id = readPackId(reader)
  const envelopes = reader.list(PACK_ENVELOPES_MAX, readEnvelope)
  return version === VERSION && reader.complete ? parsed({ id, envelopes }) : faulty('bad-pack')
}

export function writePackId(writer: Writer, id: PackId): void {
  writer.bytes(id.incarnation).u64(id.counter)
}

export function readPackId(reader: Reader): PackId {
  return { incarnation: reader.bytes(INCARNATION_BYTES), counter: reader.safe() }
}

/** For logs and publish ids: `<incarnation hex>-<counter>`. */
export function formatPackId(id: PackId): string {
  return `${toHex(id.incarnation)}-${id.counter}`
}
