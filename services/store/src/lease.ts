import { sql } from 'kysely'
import { available, type Database } from './database.ts'

/** How long a lease holds without renewal, seconds on Postgres' clock. */
const LEASE_SECONDS = 5
/** Renewals and heartbeats, milliseconds. */
export const RENEW_MS = 1_000

/** The right to write a partition until somebody with a higher fence takes it. */
export type Lease = Readonly<{ partition: number; fence: bigint }>

const expiry = sql`clock_timestamp() + make_interval(secs => ${sql.lit(LEASE_SECONDS)})`

/** Makes the rows of every partition that has none; safe with several replicas at once. */
export async function definePartitions(db: Database, partitions: number): Promise<void> {
  await available(() =>
    db.transaction().execute(async (transaction) => {
      await sql`INSERT INTO partition (id, applied_seq, applied_ms, fence)
        SELECT id, 0, 0, 0 FROM generate_series(0, ${partitions}::int - 1) AS id ON CONFLICT DO NOTHING`.execute(
        transaction,
      )
      await sql`INSERT INTO lease (partition, fence, expires)
        SELECT id, 0, '-infinity' FROM generate_series(0, ${partitions}::int - 1) AS id ON CONFLICT DO NOTHING`.execute(
        transaction,
      )
    }),
  )
}

/** Says that this replica lives. @returns how many do, this one included */
export async function heartbeat(db: Database, replica: string): Promise<number> {
  const { rows } = await available(() =>
    sql<{ live: number }>`
      WITH me AS (
        INSERT INTO replica (id, expires) VALUES (${replica}, ${expiry})
        ON CONFLICT (id) DO UPDATE SET expires = excluded.expires
      ), gone AS (
        DELETE FROM replica WHERE expires < clock_timestamp() - interval '1 hour' AND id <> ${replica}
      )
      SELECT 1 + count(*)::int AS live FROM replica WHERE expires > clock_timestamp() AND id <> ${replica}`.execute(db),
  )
  return rows[0]?.live ?? 1
}

/** Makes this replica's leases good for another while. @returns those it still has */
export async function renewLeases(db: Database, replica: string): Promise<Lease[]> {
  const { rows } = await available(() =>
    sql<{ partition: number; fence: string }>`
      UPDATE lease SET expires = ${expiry}
      WHERE owner = ${replica} AND expires > clock_timestamp()
      RETURNING partition, fence`.execute(db),
  )
  return rows.map(toLease)
}

/**
 * Takes free leases, each under a higher fence than any before; from then on a writer with an older one writes nothing. Waits
 * for a transaction of the former owner that is under way.
 * @param max most to take
 */
export async function takeLeases(db: Database, replica: string, max: number): Promise<Lease[]> {
  const { rows } = await available(() =>
    sql<{ partition: number; fence: string }>`
      WITH free AS (
        SELECT partition FROM lease
        WHERE owner IS NULL OR expires < clock_timestamp() ORDER BY expires, partition LIMIT ${max}
        FOR UPDATE SKIP LOCKED
      ), taken AS (
        UPDATE lease SET owner = ${replica}, fence = lease.fence + 1, expires = ${expiry}
        FROM free WHERE lease.partition = free.partition
        RETURNING lease.partition, lease.fence
      )
      UPDATE partition SET fence = taken.fence FROM taken WHERE partition.id = taken.partition
      RETURNING taken.partition, taken.fence`.execute(db),
  )
  return rows.map(toLease)
}

/** Hands leases back, so that another replica need not wait for their end. */
export async function releaseLeases(db: Database, leases: readonly Lease[]): Promise<void> {
  for (const { partition, fence } of leases) {
    await available(() =>
      db
        .updateTable('lease')
        .set({ owner: null, expires: sql`clock_timestamp()` })
        .where('partition', '=', partition)
        .where('fence', '=', String(fence))
        .execute(),
    )
  }
}

/** This replica has ended: the others need not count it. */
export async function leave(db: Database, replica: string): Promise<void> {
  await available(() => db.deleteFrom('replica').where('id', '=', replica).execute())
}

function toLease(row: { partition: number; fence: string }): Lease {
  return { partition: row.partition, fence: BigInt(row.fence) }
}
