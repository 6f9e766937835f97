import { type Kysely, sql } from 'kysely'

/**
 * The index of words, filled behind the writers: a row costs it about as much as storing the message does, which the commit
 * that readers and senders wait for need not pay.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // The indexer reads what came since it was here, in the order of positions, across all receivers.
  await db.schema.createIndex('message_position').on('message').column('position').execute()

  await db.schema
    .createTable('message_text')
    .addColumn('receiver', 'bytea', (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addColumn('expires', 'bigint') // Unix seconds, as the message's: finds the words that have had their time
    // The words, and one lexeme that no word can be, which names the receiver: so the index answers for one feed alone
    // without an extension of Postgres.
    .addColumn('words', sql`tsvector`, (c) => c.notNull())
    .addPrimaryKeyConstraint('message_text_pkey', ['receiver', 'position'])
    .execute()
  // New words wait in a list that each question reads through: kept short (kB), so that it costs a question next to nothing.
  await sql`CREATE INDEX message_text_words ON message_text USING gin (words) WITH (gin_pending_list_limit = 256)`.execute(
    db,
  )
  await db.schema
    .createIndex('message_text_expires')
    .on('message_text')
    .column('expires')
    .where(sql.ref('expires'), 'is not', null)
    .execute()

  await db.schema
    .createTable('search_state')
    .addColumn('partition', 'smallint', (c) => c.primaryKey())
    // All words of this partition up to here are in the index. Changes only together with the words.
    .addColumn('indexed_position', 'bigint', (c) => c.notNull())
    // The text search configuration that made them, and that questions must be read by. Empty = none yet.
    .addColumn('language', 'text', (c) => c.notNull())
    .execute()
  await sql`ALTER TABLE search_state SET (fillfactor = 50)`.execute(db)
}
