import { blockHash, equalBytes, toHex } from '@p2pmsg/protocol'
import type { StreamRecord } from '@p2pmsg/runtime'
import { CannotApply } from './cannot-apply.ts'
import { type BlockFault, type MessageRow, rowsOfBlock } from './message-row.ts'

/** Most rows of one transaction; the block that reaches it goes in whole, so up to 63 more. */
export const BATCH_ROWS_MAX = 1_000
/** Most bytes of records in one transaction; the record that reaches it goes in whole. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024

/** A record of the log and what it holds. */
export type ReadBlock = Readonly<{
  record: StreamRecord
  rows: readonly MessageRow[]
  packId: string
  fault: BlockFault | undefined
}>

/** A removal that a batch carries out. */
type Removal = Readonly<{ target: Uint8Array; author: Uint8Array; receiver: Uint8Array; receivedMs: number }>

/** Blocks of one partition, in order, that one transaction applies. */
export type Batch = Readonly<{
  /** Sequence of the last record. */
  lastSeq: number
  /** Its hash, 32 bytes. */
  lastHash: Uint8Array
  /** When its youngest message was received, Unix milliseconds; 0 = it holds none. */
  lastReceivedMs: number
  /** Each id once, at its lowest position. */
  rows: readonly MessageRow[]
  /** Positions of rows that a delete of this batch removes: stored as tombstones at once. */
  removed: ReadonlySet<bigint>
  /** For what was stored before, and for what is still to come. */
  removals: readonly Removal[]
  /** Messages that the batch held twice. */
  duplicates: number
  packIds: readonly string[]
  traceparents: readonly (string | undefined)[]
}>

export function readBlock(record: StreamRecord, partition: number): ReadBlock {
  const read = rowsOfBlock(record.data, record.seq, partition)
  if (!read.ok) return { record, rows: [], packId: '', fault: read.fault }
  return { record, ...read.value, fault: undefined }
}

/**
 * @param blocks at least one, of one partition, in order
 * @throws {CannotApply} one has a fault: the log is damaged or newer than this release
 */
export function toBatch(blocks: readonly ReadBlock[]): Batch {
  const rows = new Map<string, MessageRow>()
  const removals = new Map<string, Removal>()
  let total = 0
  let lastReceivedMs = 0
  for (const block of blocks) {
    if (block.fault) throw new CannotApply(`record ${block.record.seq} cannot be applied: ${block.fault}`)
    total += block.rows.length
    for (const row of block.rows) {
      lastReceivedMs = Math.max(lastReceivedMs, row.receivedMs)
      const id = toHex(row.id)
      if (!rows.has(id)) rows.set(id, row)
      if (row.removes) removals.set(`${toHex(row.removes)}${toHex(row.author)}${toHex(row.receiver)}`, removal(row))
    }
  }
  const last = blocks.at(-1)?.record
  if (!last) throw new RangeError('a batch needs a block')
  return {
    lastSeq: last.seq,
    lastHash: blockHash(last.data),
    lastReceivedMs,
    rows: [...rows.values()],
    removed: removedAmong(rows, removals),
    removals: [...removals.values()],
    duplicates: total - rows.size,
    packIds: blocks.map((block) => block.packId),
    traceparents: blocks.map((block) => block.record.traceparent),
  }
}

function removal({ removes, id, author, receiver, receivedMs }: MessageRow): Removal {
  return { target: removes ?? id, author, receiver, receivedMs }
}

/** Only the author's own delete, sent to the same receiver, removes. */
function removedAmong(rows: ReadonlyMap<string, MessageRow>, removals: ReadonlyMap<string, Removal>): Set<bigint> {
  const removed = new Set<bigint>()
  for (const { target, author, receiver } of removals.values()) {
    const row = rows.get(toHex(target))
    if (row && equalBytes(row.author, author) && equalBytes(row.receiver, receiver)) removed.add(row.position)
  }
  return removed
}
