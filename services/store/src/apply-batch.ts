import { DIALECTS, type Position, type Row } from '@p2pmsg/protocol'
import { reasonOf } from '@p2pmsg/runtime'
import { sql } from 'kysely'
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
 * Writes a batch and how far it goes, all or nothing, in one statement: a writer that is stopped in the middle leaves no
 * transaction open that others would wait for.
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

async function write(db: Database, claim: Claim, batch: Batch): Promise<Outcome | undefined> {
  const { rows, removals } = batch
  const positions = rows.map((row) => row.position)
  const { rows: outcomes } = await sql<Outcome>`
    WITH fenced AS (
      UPDATE partition
      SET applied_seq = ${batch.lastSeq}, applied_hash = ${batch.lastHash},
          applied_ms = greatest(applied_ms, ${batch.lastReceivedMs})
      WHERE id = ${claim.partition} AND fence = ${claim.fence} AND applied_seq = ${claim.appliedSeq}
      RETURNING id
    ), pending AS MATERIALIZED (
      -- Asked once, so that a partition without deletes looks for none with each row.
      SELECT EXISTS (SELECT FROM removal WHERE partition = ${claim.partition}) AS removals
    ), inserted AS (
      INSERT INTO message (id, receiver, position, author, topic, seq, received_ms, dialect, type, reply_to, expires, message)
      SELECT i.id, i.receiver, i.position, i.author, i.topic, i.seq, i.received_ms, i.dialect, i.type, i.reply_to, i.expires,
        CASE WHEN pending.removals AND EXISTS (
          SELECT FROM removal r WHERE r.target = i.id AND r.author = i.author AND r.receiver = i.receiver
        ) THEN ''::bytea ELSE i.message END
      FROM fenced CROSS JOIN pending CROSS JOIN unnest(
        ${byteaArray(rows.map((row) => row.id))}::bytea[],
        ${byteaArray(rows.map((row) => row.receiver))}::bytea[],
        ${int8Array(positions)}::int8[],
        ${byteaArray(rows.map((row) => row.author))}::bytea[],
        ${textArray(rows.map((row) => row.topic))}::text[],
        ${int8Array(rows.map((row) => row.seq))}::int8[],
        ${int8Array(rows.map((row) => row.receivedMs))}::int8[],
        ${int2Array(rows.map((row) => DIALECTS.indexOf(row.dialect)))}::int2[],
        ${textArray(rows.map((row) => row.type))}::text[],
        ${byteaArray(rows.map((row) => row.replyTo))}::bytea[],
        ${int8Array(rows.map((row) => row.expires))}::int8[],
        ${byteaArray(rows.map((row) => (batch.removed.has(row.position) ? NOTHING : row.message)))}::bytea[]
      ) AS i (id, receiver, position, author, topic, seq, received_ms, dialect, type, reply_to, expires, message)
      ON CONFLICT (id) DO NOTHING
      RETURNING receiver, position, message = '' AS tombstone
    ), removals AS (
      SELECT d.* FROM fenced CROSS JOIN unnest(
        ${byteaArray(removals.map((removal) => removal.target))}::bytea[],
        ${byteaArray(removals.map((removal) => removal.author))}::bytea[],
        ${byteaArray(removals.map((removal) => removal.receiver))}::bytea[],
        ${int8Array(removals.map((removal) => removal.receivedMs))}::int8[]
      ) AS d (target, author, receiver, received_ms)
    ), remembered AS (
      INSERT INTO removal (target, author, receiver, partition, received_ms)
      SELECT target, author, receiver, ${claim.partition}, received_ms FROM removals
      ON CONFLICT DO NOTHING
    ), tombstoned AS (
      UPDATE message m SET message = '' FROM removals d
      WHERE m.id = d.target AND m.author = d.author AND m.receiver = d.receiver AND m.message <> ''
      RETURNING m.receiver
    ), counted AS (
      INSERT INTO receiver_state AS s (receiver, messages, revision, last_position)
      SELECT receiver, sum(messages), sum(removed), max(position)
      FROM (
        SELECT receiver, position, (NOT tombstone)::int AS messages, tombstone::int AS removed FROM inserted
        UNION ALL SELECT receiver, 0, -1, 1 FROM tombstoned
      ) AS change
      GROUP BY receiver
      ON CONFLICT (receiver) DO UPDATE SET
        messages = s.messages + excluded.messages,
        revision = s.revision + excluded.revision,
        last_position = greatest(s.last_position, excluded.last_position)
    )
    SELECT EXISTS (SELECT FROM fenced) AS fenced,
      (extract(epoch FROM now()) * 1000)::bigint AS stored_ms,
      CASE WHEN (SELECT count(*) FROM inserted) < ${rows.length} THEN
        ARRAY(SELECT unnest(${int8Array(positions)}::int8[]) EXCEPT SELECT position FROM inserted) ELSE '{}' END AS skipped,
      ARRAY(SELECT position FROM inserted WHERE tombstone) AS tombstones`.execute(db)
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
