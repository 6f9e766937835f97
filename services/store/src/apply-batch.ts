import { DIALECTS, type Position, type Row } from '@p2pmsg/protocol'
import { reasonOf } from '@p2pmsg/runtime'
import { CompiledQuery } from 'kysely'
import type { Batch } from './batch.ts'
import { byteaArray, int2Array, int8Array, textArray } from './binary-array.ts'
import { CannotApply } from './cannot-apply.ts'
import { available, type Database } from './database.ts'

/** The right to write a partition, and how far it was written under that right. */
export type Claim = Readonly<{ partition: number; fence: bigint; appliedSeq: number }>

export type Applied = Readonly<{
  /** What was new, in order; tombstones have empty messages. */
  rows: readonly Row[]
  /** Messages that were stored before. */
  duplicates: number
}>

const NOTHING = Buffer.alloc(0)

type Outcome = { fenced: boolean; stored_ms: string; skipped: string[]; tombstones: string[] }

/**
 * Writes a batch and how far it goes, all or nothing (migrations/0004-apply-batch.ts).
 * @returns undefined when the claim no longer holds; nothing is written then
 * @throws {CannotApply} Postgres takes one of the values for wrong, for ever
 * @throws {DatabaseUnavailable} perhaps written, perhaps not: `partition.applied_seq` knows
 */
export async function applyBatch(db: Database, claim: Claim, batch: Batch): Promise<Applied | undefined> {
  const outcome = await available(() => write(db, claim, batch)).catch((thrown: unknown) => {
    throw isRefusedValue(thrown) ? new CannotApply(`partition ${claim.partition}: ${reasonOf(thrown)}`) : thrown
  })
  return outcome?.fenced ? toApplied(batch, outcome) : undefined
}

/** Made once: a builder would put the same text together for every batch. */
const APPLY_BATCH = `SELECT * FROM apply_batch_1(${Array.from({ length: 22 }, (_, i) => `$${i + 1}`).join(', ')})`

async function write(db: Database, claim: Claim, batch: Batch): Promise<Outcome | undefined> {
  const { rows, removals } = batch
  const parameters = [
    claim.partition,
    claim.fence,
    claim.appliedSeq,
    batch.lastSeq,
    batch.lastHash,
    batch.lastReceivedMs,
    byteaArray(rows.map((row) => row.id)),
    byteaArray(rows.map((row) => row.receiver)),
    int8Array(rows.map((row) => row.position)),
    byteaArray(rows.map((row) => row.author)),
    textArray(rows.map((row) => row.topic)),
    int8Array(rows.map((row) => row.seq)),
    int8Array(rows.map((row) => row.receivedMs)),
    int2Array(rows.map((row) => DIALECTS.indexOf(row.dialect))),
    textArray(rows.map((row) => row.type)),
    byteaArray(rows.map((row) => row.replyTo)),
    int8Array(rows.map((row) => row.expires)),
    byteaArray(rows.map((row) => (batch.removed.has(row.position) ? NOTHING : row.message))),
    byteaArray(removals.map((removal) => removal.target)),
    byteaArray(removals.map((removal) => removal.author)),
    byteaArray(removals.map((removal) => removal.receiver)),
    int8Array(removals.map((removal) => removal.receivedMs)),
  ]
  const { rows: outcomes } = await db.executeQuery<Outcome>(CompiledQuery.raw(APPLY_BATCH, parameters))
  return outcomes[0]
}

function toApplied(batch: Batch, outcome: Outcome): Applied {
  const skipped = new Set<Position>(outcome.skipped.map(BigInt))
  const tombstones = new Set<Position>(outcome.tombstones.map(BigInt))
  const storedMs = Number(outcome.stored_ms)
  const rows = batch.rows
    .filter((row) => !skipped.has(row.position))
    .map(({ position, id, receivedMs, dialect, message }) => {
      return { position, id, receivedMs, storedMs, dialect, message: tombstones.has(position) ? NOTHING : message }
    })
  return { rows, duplicates: skipped.size + batch.duplicates }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation): trying again changes nothing. */
function isRefusedValue(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  const state = cause instanceof Error ? (cause as { code?: unknown }).code : undefined
  return typeof state === 'string' && /^2[23]/.test(state)
}

/**
 * Says that a partition has nothing up to a later record, which belongs to another partition: keeps a quiet partition from
 * holding back trimming and lists over several receivers.
 * @returns false when the claim no longer holds
 */
export async function applyNothing(
  db: Database,
  claim: Claim,
  until: Readonly<{ seq: number; hash: Uint8Array }>,
): Promise<boolean> {
  const { numUpdatedRows } = await available(() =>
    db
      .updateTable('partition')
      .set({ applied_seq: String(until.seq), applied_hash: until.hash })
      .where('id', '=', claim.partition)
      .where('fence', '=', String(claim.fence))
      .where('applied_seq', '=', String(claim.appliedSeq))
      .executeTakeFirstOrThrow(),
  )
  return numUpdatedRows === 1n
}
