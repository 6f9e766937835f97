import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { encodeReplicaRecord, parseReplicaRecord, type ReplicaRecord } from '../kademlia/replica-record.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { INCARNATION_BYTES } from './pack.ts'

/** Bytes of one message of a snapshot, about: NATS takes 1 MiB, and others wait behind it. */
const SNAPSHOT_PART_BYTES = 64 << 10
/** Records that one such message may hold: the smallest are announcements of 48 bytes. */
const SNAPSHOT_PART_RECORDS_MAX = 2048

/**
 * What a stranger has stored at one router, for the others. Big-endian:
 *   incarnation  8 bytes  of the router that took it: it has it already
 *   record       a replica record, to the end
 */
export type SharedRecord = Readonly<{ incarnation: Uint8Array; record: ReplicaRecord }>

export function encodeSharedRecord({ incarnation, record }: SharedRecord): Uint8Array {
  return new Writer().bytes(incarnation).bytes(encodeReplicaRecord(record)).done()
}

export function parseSharedRecord(bytes: Uint8Array): Parsed<SharedRecord, 'bad-record'> {
  const record = parseReplicaRecord(bytes.subarray(INCARNATION_BYTES))
  return record.ok ? parsed({ incarnation: bytes.subarray(0, INCARNATION_BYTES), record: record.value }) : record
}

/** A part of a snapshot: u16 count, each record as u32 length and bytes. */
export function encodeSnapshotPart(records: readonly ReplicaRecord[]): Uint8Array {
  return new Writer().list(records, (writer, record) => writer.blob(encodeReplicaRecord(record))).done()
}

export function parseSnapshotPart(bytes: Uint8Array): Parsed<readonly ReplicaRecord[], 'bad-record'> {
  const reader = new Reader(bytes)
  const blobs = reader.list(SNAPSHOT_PART_RECORDS_MAX, () => reader.blob())
  if (!reader.complete) return faulty('bad-record')
  const records: ReplicaRecord[] = []
  for (const blob of blobs) {
    const record = parseReplicaRecord(blob)
    if (!record.ok) return record
    records.push(record.value)
  }
  return parsed(records)
}

/** Everything that a router holds for strangers, in messages of {@link SNAPSHOT_PART_BYTES}. */
export function* snapshotParts(records: Iterable<ReplicaRecord>): Iterable<readonly ReplicaRecord[]> {
  let part: ReplicaRecord[] = []
  let bytes = 0
  for (const record of records) {
    part.push(record)
    bytes += encodedBytesMost(record)
    if (bytes < SNAPSHOT_PART_BYTES && part.length < SNAPSHOT_PART_RECORDS_MAX) continue
    yield part
    part = []
    bytes = 0
  }
  if (part.length > 0) yield part
}

/** Key, signature, `seq`, salt and lengths beside an item's value; more than a peer takes. */
const OVERHEAD_BYTES = 192

function encodedBytesMost(record: ReplicaRecord): number {
  return OVERHEAD_BYTES + (record.kind === 'item' ? record.item.value.length : 0)
}
