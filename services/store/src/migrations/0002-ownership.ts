import { type Kysely, sql } from 'kysely'

/** Who writes a partition, and how far it is written. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('partition')
    .addColumn('id', 'smallint', (c) => c.primaryKey())
    // Everything of this partition up to this sequence of MESSAGES is in the tables. Changes only together with the rows.
    .addColumn('applied_seq', 'bigint', (c) => c.notNull())
    // SHA-256 of the record at applied_seq: tells whether the log is still the log that these rows came from.
    .addColumn('applied_hash', 'bytea')
    .addColumn('applied_ms', 'bigint', (c) => c.notNull()) // when its last message was received: log time, Unix milliseconds
    // The lease's fence as its writers know it. A writer whose fence is older changes nothing.
    .addColumn('fence', 'bigint', (c) => c.notNull())
    .execute()
  await sql`ALTER TABLE partition SET (fillfactor = 50)`.execute(db)

  // Apart from `partition`: a renewal must not wait for a batch that holds that row.
  await db.schema
    .createTable('lease')
    .addColumn('partition', 'smallint', (c) => c.primaryKey().references('partition.id'))
    .addColumn('owner', 'text') // a store replica; null = handed back
    .addColumn('fence', 'bigint', (c) => c.notNull()) // grows with every change of owner
    .addColumn('expires', 'timestamptz', (c) => c.notNull()) // by Postgres' clock, the only one all replicas share
    .execute()

  // Replicas that are alive: each takes its share of the partitions and no more.
  await db.schema
    .createTable('replica')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('expires', 'timestamptz', (c) => c.notNull())
    .execute()
}
