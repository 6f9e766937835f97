import { sql } from 'kysely'
import { byteaArray } from '../binary-array.ts'
import type { Database } from '../database.ts'

/** Messages of one block. */
const BLOCK_ROWS = 256
/** Most bytes of their words, far below what one `tsvector` can hold (1 MiB); a first message goes in whatever its size. */
const BLOCK_BYTES_MAX = 256 * 1024

/**
 * Makes blocks of what is in none yet, as far as whole ones can be made. Less than one block of each feed stays behind, and what
 * one batch of the indexer brought if it ended in between: a search walks through as much in any case.
 * @param receivers whose words have grown @param until everything up to here is indexed
 */
export async function closeBlocks(db: Database, receivers: readonly Uint8Array[], until: bigint): Promise<void> {
  for (let open = receivers; open.length > 0; ) open = await closeNext(db, open, until)
}

/** @returns those that got a block, and may get another */
async function closeNext(db: Database, receivers: readonly Uint8Array[], until: bigint): Promise<Uint8Array[]> {
  const { rows } = await sql<{ receiver: Uint8Array }>`
    WITH feeds AS (
      SELECT f.receiver, coalesce((
        SELECT b.last_position FROM search_block b WHERE b.receiver = f.receiver ORDER BY b.last_position DESC LIMIT 1
      ), -1) AS last
      FROM (SELECT DISTINCT unnest(${byteaArray(receivers)}::bytea[]) AS receiver) AS f
    ), blocks AS (
      SELECT f.receiver, min(t.position) AS first, max(t.position) AS last
      FROM feeds f CROSS JOIN LATERAL (
        SELECT position, row_number() OVER in_order AS number, sum(bytes) OVER in_order AS bytes,
          count(*) OVER () AS rows, sum(bytes) OVER () AS all_bytes
        FROM (
          SELECT position, bytes FROM message_text m
          WHERE m.receiver = f.receiver AND m.position > f.last AND m.position <= ${String(until)}
          ORDER BY position LIMIT ${BLOCK_ROWS}
        ) AS next
        WINDOW in_order AS (ORDER BY position)
      ) AS t
      WHERE (t.bytes <= ${BLOCK_BYTES_MAX} OR t.number = 1) AND (t.rows = ${BLOCK_ROWS} OR t.all_bytes > ${BLOCK_BYTES_MAX})
      GROUP BY f.receiver
    )
    INSERT INTO search_block (receiver, first_position, last_position, words)
    SELECT b.receiver, b.first, b.last, (
      SELECT array_to_tsvector(array_agg(DISTINCT w.lexeme)) FROM message_text m, unnest(m.words) AS w
      WHERE m.receiver = b.receiver AND m.position BETWEEN b.first AND b.last
    )
    FROM blocks b
    ON CONFLICT DO NOTHING
    RETURNING receiver`.execute(db)
  return rows.map(({ receiver }) => receiver)
}
