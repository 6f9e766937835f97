import { type Kysely, sql } from 'kysely'

/** What readers see: messages, what was removed, and each receiver's counts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('message')
    // SHA-256 of what was signed: the same message never becomes a second row, however often the log is replayed.
    .addColumn('id', 'bytea', (c) => c.primaryKey().check(sql`octet_length(id) = 32`))
    .addColumn('receiver', 'bytea', (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull()) // log sequence × 256 + slot: the one order readers see
    .addColumn('author', 'bytea', (c) => c.notNull())
    .addColumn('topic', 'text', (c) => c.notNull()) // empty = none
    .addColumn('seq', 'bigint', (c) => c.notNull()) // sender's clock, Unix microseconds: shown, never sorted by
    .addColumn('received_ms', 'bigint', (c) => c.notNull()) // router's clock, Unix milliseconds
    // Postgres' clock, Unix milliseconds: replicas of the store need not agree on the time.
    .addColumn('stored_ms', 'bigint', (c) => c.notNull().defaultTo(sql`(extract(epoch FROM now()) * 1000)::bigint`))
    .addColumn('dialect', 'smallint', (c) => c.notNull()) // index in the protocol's DIALECTS
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('reply_to', 'bytea')
    .addColumn('expires', 'bigint') // Unix seconds; null = never
    // The signed bytes as they came, where unknown keys live on. Empty = a tombstone: the place in the feed stays, the words go.
    .addColumn('message', 'bytea', (c) => c.notNull())
    .execute()
  // Signatures and keys do not compress, so trying costs time and saves nothing.
  await sql`ALTER TABLE message ALTER COLUMN message SET STORAGE EXTERNAL`.execute(db)
  // Unique: two messages at one position would be a torn log, and must stop the writer instead of hiding one of them.
  await db.schema.createIndex('message_feed').on('message').columns(['receiver', 'position']).unique().execute()
  await db.schema.createIndex('message_author').on('message').columns(['receiver', 'author', 'position']).execute()
  // Partial: the many messages without a topic, or that answer nothing, pay nothing for these filters.
  await db.schema
    .createIndex('message_topic')
    .on('message')
    .columns(['receiver', 'topic', 'position'])
    .where(sql.ref('topic'), '<>', sql.lit(''))
    .execute()
  await db.schema
    .createIndex('message_reply')
    .on('message')
    .columns(['receiver', 'reply_to', 'position'])
    .where(sql.ref('reply_to'), 'is not', null)
    .execute()
  // The latest words of an author about itself are the profile: found by this index, stored nowhere twice.
  await sql`CREATE INDEX message_profile ON message (receiver, author, position)
    WHERE type = 'p2pmsg/profile' AND message <> ''`.execute(db)

  // Deletes whose target may yet come (the network reorders). Forgotten when ingest would refuse the target as too old.
  await db.schema
    .createTable('removal')
    .addColumn('target', 'bytea', (c) => c.notNull())
    // Part of the key: anybody can name any id, and only the author's own delete counts.
    .addColumn('author', 'bytea', (c) => c.notNull())
    .addColumn('receiver', 'bytea', (c) => c.notNull())
    .addColumn('partition', 'smallint', (c) => c.notNull())
    .addColumn('received_ms', 'bigint', (c) => c.notNull()) // of the delete, router's clock: age is told in log time
    .addPrimaryKeyConstraint('removal_pkey', ['target', 'author', 'receiver'])
    .execute()
  await db.schema.createIndex('removal_age').on('removal').columns(['partition', 'received_ms']).execute()

  await db.schema
    .createTable('receiver_state')
    .addColumn('receiver', 'bytea', (c) => c.primaryKey())
    .addColumn('messages', 'bigint', (c) => c.notNull()) // rows less tombstones
    .addColumn('revision', 'bigint', (c) => c.notNull()) // grows with every removal: part of every ETag
    .addColumn('last_position', 'bigint', (c) => c.notNull())
    .execute()
  // One row is rewritten by every batch: room on its page keeps the updates off the index.
  await sql`ALTER TABLE receiver_state SET (fillfactor = 50)`.execute(db)
}
