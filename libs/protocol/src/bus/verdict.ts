import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { HASH_BYTES, PACK_ENVELOPES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Refused, readRefused, writeRefused } from './block.ts'
import { type PackId, readPackId, writePackId } from './pack.ts'

/**
 * What ingest tells the router that waits for a pack; several may come for one pack (one per partition, one for refusals
 * that no block holds, repeats after a redelivery). Big-endian:
 *   version   u8        1
 *   pack id   16 bytes
 *   accepted  u16 count, then each: pack index u8, id 32 bytes, receipt (u32 length, bytes)
 *   refused   u16 count, then each: pack index u8, code u8
 */
export type Verdicts = Readonly<{
  packId: PackId
  accepted: readonly AcceptedVerdict[]
  refused: readonly Refused[]
}>

export type AcceptedVerdict = Readonly<{
  packIndex: number
  id: Uint8Array
  /** An encoded {@link Receipt}: the router passes it on as it is. */
  receipt: Uint8Array
}>

const VERSION = 1

export function encodeVerdicts(verdicts: Verdicts): Uint8Array {
  const writer = new Writer(4096).u8(VERSION)
  writePackId(writer, verdicts.packId)
  writer.list(verdicts.accepted, (w, { packIndex, id, receipt }) => w.u8(packIndex).bytes(id).blob(receipt))
  return writer.list(verdicts.refused, writeRefused).done()
}

export function parseVerdicts(bytes: Uint8Array): Parsed<Verdicts, 'bad-verdicts'> {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const packId = readPackId(reader)
  const accepted = reader.list(PACK_ENVELOPES_MAX, (r) => ({
    packIndex: r.u8(),
    id: r.bytes(HASH_BYTES),
    receipt: r.blob(),
  }))
  const refused = reader.list(PACK_ENVELOPES_MAX, readRefused)
  return version === VERSION && reader.complete ? parsed({ packId, accepted, refused }) : faulty('bad-verdicts')
}
