import type { Reader } from '../bytes/reader.ts'
import type { Writer } from '../bytes/writer.ts'
import { HASH_BYTES } from '../limits.ts'
import { type Dialect, readDialect, writeDialect } from './envelope.ts'
import type { Position } from './position.ts'

/**
 * One place in a feed, as the store tells it to readers. Big-endian:
 *   position     u64
 *   id           32 bytes
 *   received_ms  u64       Unix time at the edge, milliseconds
 *   stored_ms    u64       Unix time of the commit, milliseconds
 *   dialect      u8        index in DIALECTS
 *   message      u32 length, bytes: as signed, of a telex its receiver and signals; empty = a tombstone, the message was removed
 * Author, topic and content are in the message and are not said twice.
 */
export type Row = Readonly<{
  position: Position
  id: Uint8Array
  receivedMs: number
  storedMs: number
  dialect: Dialect
  message: Uint8Array
}>

/** Bytes of a row beside its message. */
export const ROW_HEADER_BYTES = 8 + HASH_BYTES + 8 + 8 + 1 + 4

export function writeRow(writer: Writer, row: Row): void {
  writer.u64(row.position).bytes(row.id).u64(row.receivedMs).u64(row.storedMs)
  writeDialect(writer, row.dialect)
  writer.blob(row.message)
}

export function readRow(reader: Reader): Row {
  return {
    position: reader.u64(),
    id: reader.bytes(HASH_BYTES),
    receivedMs: reader.safe(),
    storedMs: reader.safe(),
    dialect: readDialect(reader),
    message: reader.blob(),
  }
}

/** The same row with bytes of its own, for who keeps it: those of a row that was read are views into all that came with it. */
export function ownRow(row: Row): Row {
  return { ...row, id: new Uint8Array(row.id), message: new Uint8Array(row.message) }
}
