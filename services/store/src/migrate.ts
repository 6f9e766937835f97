import { type Kysely, sql, type Transaction } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { MIGRATIONS } from './migrations/index.ts'
import type { Tables } from './schema.ts'

/** Names the lock among this database's advisory locks: "p2pm" in ASCII. */
const LOCK = 0x7032706d

/**
 * Brings the database to this release's tables; several replicas may do so at once, and a newer release may have been first.
 * One transaction holds the lock and all steps: behind PgBouncer a lock of the session would outlive its owner.
 * @throws what Postgres says; nothing has changed then
 */
export async function migrate(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(transaction)
    const done = await executed(transaction)
    if (Object.keys(migrations).every((name) => done.has(name))) return
    const migrator = new Migrator({
      db: transaction,
      provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    })
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
  })
}

async function executed(transaction: Transaction<Tables>): Promise<ReadonlySet<string>> {
  const table = await sql<{ there: boolean }>`SELECT to_regclass('kysely_migration') IS NOT NULL AS there`.execute(
    transaction,
  )
  if (!table.rows[0]?.there) return new Set()
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(transaction)
  return new Set(rows.map((row) => row.name))
}
