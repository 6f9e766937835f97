import { type Kysely, sql } from 'kysely'

/**
 * Words are looked up by block, some hundred messages of one feed in a row, and then looked for in its messages. An index of
 * messages is as long as a word is frequent, and must be read to its end to say where in a feed the word stands first.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('search_block')
    .addColumn('receiver', 'bytea', (c) => c.notNull())
    .addColumn('first_position', 'bigint', (c) => c.notNull())
    .addColumn('last_position', 'bigint', (c) => c.notNull())
    // The words of all its messages, and the receiver's lexeme. What was removed since may still stand here.
    .addColumn('words', sql`tsvector`, (c) => c.notNull())
    .addPrimaryKeyConstraint('search_block_pkey', ['receiver', 'last_position'])
    .execute()
  await sql`CREATE INDEX search_block_words ON search_block USING gin (words) WITH (gin_pending_list_limit = 256)`.execute(
    db,
  )
  // Of the text that the words come from: tells how many messages make a block without reading their words.
  await db.schema
    .alterTable('message_text')
    .addColumn('bytes', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await sql`DROP INDEX message_text_words`.execute(db)
  // Blocks are made as messages are indexed: all are indexed once more.
  await sql`UPDATE search_state SET indexed_position = 0`.execute(db)
}
