import { type Carried, DELETE_TYPE, DIALECTS, lastPositionOf } from '@p2pmsg/protocol'
import { ConfigError } from '@p2pmsg/runtime'
import { sql } from 'kysely'
import { byteaArray, int8Array, textArray } from '../binary-array.ts'
import { available, type Database } from '../database.ts'
import { NOT_EXPIRED } from '../queries/row-of.ts'
import { closeBlocks } from './blocks.ts'
import { plan } from './plan.ts'
import { RECEIVER_LEXEME } from './receiver-lexeme.ts'
import { wordsOf } from './words.ts'

/** Most messages of one statement. */
const BATCH_ROWS_MAX = 500
/** Most bytes of them; the first goes in whatever its size. */
const BATCH_BYTES_MAX = 1024 * 1024
/** Most rows that one statement takes out of the index. */
const FORGET_ROWS_MAX = 10_000

type Place = Readonly<{ appliedPosition: bigint; indexedPosition: bigint; language: string }>
type Indexed = Readonly<{ rows: number; more: boolean }>
type Row = Readonly<{
  receiver: Uint8Array
  position: string
  dialect: number
  received_ms: string
  type: string
  reply_to: Uint8Array | null
  expires: string | null
  message: Uint8Array
  shown: boolean
}>

/** @throws {ConfigError} Postgres has no such text search configuration */
export async function checkLanguage(db: Database, language: string): Promise<void> {
  const { rows } = await available(() =>
    sql<{
      name: string
    }>`SELECT cfgname AS name FROM pg_ts_config WHERE pg_ts_config_is_visible(oid) ORDER BY 1`.execute(db),
  )
  const names = rows.map(({ name }) => name)
  if (names.includes(language)) return
  throw new ConfigError(`P2PMSG_SEARCH_LANGUAGE: Postgres has no '${language}'; it has ${names.join(', ')}`)
}

export async function defineSearch(db: Database, partitions: number): Promise<void> {
  await available(() =>
    sql`INSERT INTO search_state (partition, indexed_position, language)
      SELECT id, 0, '' FROM generate_series(0, ${partitions}::int - 1) AS id ON CONFLICT DO NOTHING`.execute(db),
  )
}

/**
 * Puts the words of the next messages of a partition into the index. Anybody may, at any time: a batch counts only if the index
 * still stands where it begins, so two at once do no harm, and a restart goes on where the last batch ended.
 * @param partitions of the log
 * @returns how many messages were looked at, and whether more are there by now; undefined = the index had all that is applied
 */
export async function indexSome(
  db: Database,
  { partition, partitions, language }: Readonly<{ partition: number; partitions: number; language: string }>,
): Promise<Indexed | undefined> {
  return await available(async () => {
    const place = await placeOf(db, partition)
    if (!place) return undefined
    if (place.language !== language) {
      await beginAnew(db, { partition, partitions }, place.language, language)
      return { rows: 0, more: true }
    }
    if (place.indexedPosition >= place.appliedPosition) return undefined
    const { rows, all } = await nextRows(db, { partition, partitions }, place)
    const until = all ? place.appliedPosition : BigInt(rows.at(-1)?.position ?? 0)
    const receivers = await write(db, partition, place, until, rows)
    if (receivers.length > 0) await closeBlocks(db, receivers, until)
    return { rows: rows.length, more: !all }
  })
}

async function placeOf(db: Database, partition: number): Promise<Place | undefined> {
  const row = await db
    .selectFrom('partition')
    .innerJoin('search_state', 'search_state.partition', 'partition.id')
    .select(['applied_seq', 'indexed_position', 'language'])
    .where('id', '=', partition)
    .executeTakeFirst()
  if (!row || row.applied_seq === '0') return undefined
  const appliedPosition = lastPositionOf(Number(row.applied_seq))
  return { appliedPosition, indexedPosition: BigInt(row.indexed_position), language: row.language }
}

/** Words that another configuration made are overwritten one by one, and their blocks made anew; until then nobody is shown them. */
async function beginAnew(
  db: Database,
  { partition, partitions }: Readonly<{ partition: number; partitions: number }>,
  was: string,
  language: string,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('search_state')
      .set({ language, indexed_position: '0' })
      .where('partition', '=', partition)
      .where('language', '=', was)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return
    await sql`DELETE FROM search_block WHERE ${isOf(partition, partitions)}`.execute(transaction)
  })
}

/** The partition of a receiver, as the protocol's `partitionOf` tells it. */
function isOf(partition: number, partitions: number) {
  const hash = sql`('x' || encode(substring(sha256(receiver) FROM 1 FOR 4), 'hex'))::bit(32)::bigint`
  return partitions === 1 ? sql`true` : sql`${hash} % ${partitions} = ${partition}`
}

async function nextRows(
  db: Database,
  { partition, partitions }: Readonly<{ partition: number; partitions: number }>,
  { indexedPosition, appliedPosition }: Place,
): Promise<Readonly<{ rows: readonly Row[]; all: boolean }>> {
  const next = sql<Row & Readonly<{ found: string }>>`
    SELECT * FROM (
      SELECT next.*, ${NOT_EXPIRED} AS shown, count(*) OVER () AS found, row_number() OVER in_order AS number,
        sum(octet_length(message)) OVER in_order AS bytes
      FROM (
        SELECT receiver, position, dialect, received_ms, type, reply_to, expires, message FROM message
        WHERE position > ${String(indexedPosition)} AND position <= ${String(appliedPosition)}
          AND ${isOf(partition, partitions)}
        ORDER BY position LIMIT ${BATCH_ROWS_MAX}
      ) AS next
      WINDOW in_order AS (ORDER BY position)
    ) AS sized
    WHERE bytes <= ${BATCH_BYTES_MAX} OR number = 1
    ORDER BY number`
  const { rows } = await db.transaction().execute(async (transaction) => {
    await plan(transaction, 'in order')
    return await next.execute(transaction)
  })
  const found = Number(rows[0]?.found ?? 0)
  return { rows, all: found < BATCH_ROWS_MAX && rows.length === found }
}

/**
 * The words and how far they go, in one statement. A message that was removed is taken out when the index comes to its delete,
 * whoever had read the message before it was removed; until then questions leave out what is a tombstone by now.
 */
async function write(
  db: Database,
  partition: number,
  place: Place,
  until: bigint,
  rows: readonly Row[],
): Promise<Uint8Array[]> {
  const found = rows
    .filter((row) => row.shown && row.message.length > 0)
    .map((row) => ({ ...row, words: wordsOf(carried(row)) }))
    .filter(({ words }) => words !== '')
  const targets = rows.flatMap((row) => (row.type === DELETE_TYPE && row.reply_to ? [row.reply_to] : []))
  await sql`
    WITH moved AS (
      UPDATE search_state SET indexed_position = ${String(until)}
      WHERE partition = ${partition} AND indexed_position = ${String(place.indexedPosition)} AND language = ${place.language}
      RETURNING partition
    ), removed AS (
      DELETE FROM message_text t USING moved, message m
      WHERE m.id = ANY (${byteaArray(targets)}::bytea[]) AND m.message = '' AND t.receiver = m.receiver AND t.position = m.position
    )
    INSERT INTO message_text (receiver, position, expires, bytes, words)
    SELECT receiver, position, expires, octet_length(text), array_to_tsvector(ARRAY[${RECEIVER_LEXEME}]) || to_tsvector(${place.language}::regconfig, text)
    FROM moved CROSS JOIN unnest(
      ${byteaArray(found.map((row) => row.receiver))}::bytea[],
      ${int8Array(found.map((row) => BigInt(row.position)))}::int8[],
      ${int8Array(found.map((row) => (row.expires === null ? undefined : BigInt(row.expires))))}::int8[],
      ${textArray(found.map((row) => row.words))}::text[]
    ) AS found (receiver, position, expires, text)
    ON CONFLICT (receiver, position) DO UPDATE SET words = excluded.words, bytes = excluded.bytes`.execute(db)
  return found.map((row) => row.receiver)
}

function carried(row: Row): Carried {
  return { dialect: DIALECTS[row.dialect] ?? 'krpc', receivedMs: Number(row.received_ms), bytes: row.message }
}

/** Takes out the words of what has expired; what remains is for the next time. */
export async function forgetExpired(db: Database): Promise<void> {
  await available(() =>
    sql`DELETE FROM message_text WHERE (receiver, position) IN (
      SELECT receiver, position FROM message_text
      WHERE expires <= extract(epoch FROM now())::bigint LIMIT ${FORGET_ROWS_MAX}
    )`.execute(db),
  )
}

/** Where search is off, no words are kept. */
export async function forgetAll(db: Database): Promise<void> {
  await available(() =>
    db.transaction().execute(async (transaction) => {
      const indexed = await transaction
        .selectFrom('search_state')
        .select('partition')
        .where('language', '<>', '')
        .execute()
      if (indexed.length === 0) return
      await sql`SELECT set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`.execute(transaction)
      await sql`TRUNCATE message_text, search_block`.execute(transaction)
      await transaction.updateTable('search_state').set({ indexed_position: '0', language: '' }).execute()
    }),
  )
}

/** Waiting for readers of the table longer than this would make everybody else wait behind us. */
const LOCK_TIMEOUT = '2s'
