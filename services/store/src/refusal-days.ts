import { sql } from 'kysely'
import { available, type Database } from './database.ts'

/** Between two looks at the days, milliseconds. */
export const DAYS_MS = 3_600_000
/** How long refusals are kept, days. */
const KEEP_DAYS = 30
/** Days made ahead, so that midnight finds its table. */
const AHEAD_DAYS = 2
/** Waiting for readers of the table longer than this would make everybody else wait behind us. */
const LOCK_TIMEOUT = '2s'
/** One replica at a time: `IF NOT EXISTS` is no guard against a twin that is not committed yet. "refu" in ASCII. */
const LOCK = 0x72656675

/** Makes the tables of today and the next days, and drops those that have had their time. Safe on several replicas at once. */
export async function keepDays(db: Database): Promise<void> {
  await available(() =>
    db.transaction().execute(async (transaction) => {
      await sql`SELECT pg_advisory_xact_lock(${LOCK}), set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`.execute(
        transaction,
      )
      const { rows } = await sql<{ day: string; next: string; there: boolean }>`
        SELECT day::date::text AS day, (day + interval '1 day')::date::text AS next,
          to_regclass('refusal_' || to_char(day, 'YYYYMMDD')) IS NOT NULL AS there
        FROM (SELECT (now() AT TIME ZONE 'UTC')::date + n AS day FROM generate_series(0, ${AHEAD_DAYS}::int) AS n) AS days`.execute(
        transaction,
      )
      for (const { day, next } of rows.filter((row) => !row.there)) {
        await sql`CREATE TABLE ${tableOf(day)} PARTITION OF refusal FOR VALUES FROM (${sql.lit(day)}) TO (${sql.lit(next)})`.execute(
          transaction,
        )
      }
      const old = await sql<{ name: string }>`
        SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'refusal'::regclass
          AND relname < 'refusal_' || to_char((now() AT TIME ZONE 'UTC')::date - ${KEEP_DAYS}::int, 'YYYYMMDD')`.execute(
        transaction,
      )
      for (const { name } of old.rows) await sql`DROP TABLE ${sql.table(name)}`.execute(transaction)
    }),
  )
}

function tableOf(day: string) {
  return sql.table(`refusal_${day.replaceAll('-', '')}`)
}
