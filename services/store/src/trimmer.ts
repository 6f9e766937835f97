import { FUTURE_MS_MAX, MESSAGES_STREAM } from '@p2pmsg/protocol'
import { type Bus, type Logger, purgeBelow, streamInfo } from '@p2pmsg/runtime'
import { sql } from 'kysely'
import { available, type Database } from './database.ts'
import * as events from './events.ts'
import { recordOfLeader } from './log-record.ts'

/** Between two trimmings, milliseconds. */
export const TRIM_MS = 60_000

/**
 * Trims MESSAGES to what every partition has applied and what is older than the retention, whichever is lower. The record that
 * the slowest partition applied last stays: its hash is what a take-over checks.
 * @param retainMs how long applied blocks are kept, for mirrors and for a Postgres that is restored from a backup
 */
export async function trimLog(
  deps: Readonly<{ db: Database; bus: Bus; log: Logger }>,
  retainMs: number,
): Promise<void> {
  const applied = await available(() =>
    deps.db.selectFrom('partition').select(sql<string>`min(applied_seq)`.as('seq')).executeTakeFirstOrThrow(),
  )
  const { state } = await streamInfo(deps.bus, MESSAGES_STREAM)
  const highest = Math.min(Number(applied.seq), state.last_seq)
  if (highest <= state.first_seq) return
  const below = await firstSince(deps.bus, Date.now() - retainMs, state.first_seq, highest)
  if (below <= state.first_seq) return
  events.logTrimmed(deps.log, below, await purgeBelow(deps.bus, MESSAGES_STREAM, below))
}

/** The first record at or after a time, by halving: records are in the order of their times. @returns a sequence from `low` to `high` */
async function firstSince(bus: Bus, timeMs: number, low: number, high: number): Promise<number> {
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const record = await recordOfLeader(bus, { seq: middle })
    if (!record || record.time.getTime() >= timeMs) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Forgets deletes whose target ingest would refuse as too old by now. Age is told by the partition's own log time, so that a
 * store that is behind, or replays, forgets nothing too early; a router whose clock is ahead cannot hurry it.
 * @param maxAgeMs what ingest takes, milliseconds
 */
export async function forgetRemovals(db: Database, maxAgeMs: number): Promise<void> {
  await available(() =>
    sql`DELETE FROM removal USING partition
      WHERE removal.partition = partition.id
        AND removal.received_ms <
          least(partition.applied_ms, (extract(epoch FROM now()) * 1000)::bigint) - ${maxAgeMs + FUTURE_MS_MAX}::bigint`.execute(
      db,
    ),
  )
}
