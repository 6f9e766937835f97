import { lastPositionOf, type Position, partitionOf } from '@p2pmsg/protocol'
import { sql, type Transaction } from 'kysely'
import { available, type Database } from '../database.ts'
import type { Tables } from '../schema.ts'

/** How long one statement of a question may take: a reader has given up by then. */
const STATEMENT_TIMEOUT = '3s'

/** One moment of the database, which a question is answered from. */
export type Snapshot = Readonly<{ db: Transaction<Tables>; partitions: number }>

/** What a question is answered with. */
export type Source = Readonly<{
  db: Database
  /** Of the log. */
  partitions: number
  /** Words can be searched for. */
  searches: boolean
}>

/**
 * Runs a question in one snapshot, so that what it says is applied is exactly what its rows show.
 * @throws {DatabaseUnavailable}
 */
export function inSnapshot<T>(source: Source, ask: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  return available(() =>
    source.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (db) => {
        await sql`SELECT set_config('statement_timeout', ${STATEMENT_TIMEOUT}, true)`.execute(db)
        return await ask({ db, partitions: source.partitions })
      }),
  )
}

/** Everything of the receiver up to here is in the snapshot. */
export async function appliedFor({ db, partitions }: Snapshot, receiver: Uint8Array): Promise<Position> {
  const partition = await db
    .selectFrom('partition')
    .select('applied_seq')
    .where('id', '=', partitionOf(receiver, partitions))
    .executeTakeFirst()
  return toPosition(partition?.applied_seq)
}

/** Everything of any receiver up to here is in the snapshot: for what is not found. */
export async function appliedForAll({ db }: Snapshot): Promise<Position> {
  const lowest = await db
    .selectFrom('partition')
    .select((eb) => eb.fn.min('applied_seq').as('applied_seq'))
    .executeTakeFirst()
  return toPosition(lowest?.applied_seq)
}

/** @param appliedSeq decimal; absent or 0 = nothing is applied yet */
export function toPosition(appliedSeq: string | null | undefined): Position {
  return appliedSeq && appliedSeq !== '0' ? lastPositionOf(Number(appliedSeq)) : 0n
}
