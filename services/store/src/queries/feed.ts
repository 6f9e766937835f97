import { type FeedAnswer, type FeedQuestion, PAGE_BYTES_MAX, ROW_HEADER_BYTES } from '@p2pmsg/protocol'
import { Failure } from '@p2pmsg/runtime'
import { sql } from 'kysely'
import { chosenRows } from './chosen-rows.ts'
import { ROW_COLUMNS, toRow } from './row-of.ts'
import { type Hits, searchHits } from './search.ts'
import { appliedFor, inSnapshot, type Snapshot, type Source } from './snapshot.ts'

/** This store keeps no index of words, and will not have one when asked again. */
export class NoSearch extends Failure {
  override readonly name = 'NoSearch'
  readonly code = 'NO_SEARCH'
  readonly retry = 'never'
}

/**
 * One page of a feed, by keyset on (receiver, position): what is inserted or removed meanwhile moves nothing. Tombstones stay
 * in their places, so that whoever copied the message learns of its end. A page of large messages is cut where its bytes end.
 * With words to search for, it holds what has them, no tombstones, and `applied` does not pass what is indexed; where that took
 * too long, it ends before it is full and says how far it came.
 * @throws {NoSearch} words are asked for where search is off
 */
export function answerFeed(source: Source, question: FeedQuestion): Promise<FeedAnswer> {
  // A page that ignores the words would be a wrong answer.
  if (question.search !== undefined && !source.searches) return Promise.reject(new NoSearch('search is off'))
  return inSnapshot(source, async (snapshot) => {
    const hits = question.search === undefined ? undefined : await searchHits(snapshot, question)
    const { rows, more } = await pageOf(snapshot, question, hits)
    const reached = more ? undefined : hits?.reached
    return { rows, more: more || reached !== undefined, reached, ...(await stateOf(snapshot, question.receiver, hits)) }
  })
}

async function pageOf({ db }: Snapshot, question: FeedQuestion, hits: Hits | undefined) {
  if (hits?.positions.length === 0) return { rows: [], more: false }
  const direction = question.after === undefined ? 'desc' : 'asc'
  let page = chosenRows(db, question).select(ROW_COLUMNS)
  if (hits) page = page.where('position', 'in', hits.positions)
  const limited = page.orderBy('position', direction).limit(question.limit + 1)
  const { rows } = await sql<PageRow>`
    SELECT * FROM (
      SELECT page.*, count(*) OVER () AS found, row_number() OVER in_order AS number,
        sum(octet_length(message) + ${sql.lit(ROW_HEADER_BYTES)}) OVER in_order AS bytes
      FROM ${limited} AS page
      WINDOW in_order AS (ORDER BY position ${sql.raw(direction)})
    ) AS sized
    WHERE number <= ${question.limit} AND (bytes <= ${PAGE_BYTES_MAX} OR number = 1)
    ORDER BY number`.execute(db)
  return { rows: rows.map(toRow), more: Number(rows[0]?.found ?? 0) > rows.length }
}

type PageRow = Parameters<typeof toRow>[0] & Readonly<{ found: string }>

async function stateOf(snapshot: Snapshot, receiver: Uint8Array, hits: Hits | undefined) {
  const state = await snapshot.db
    .selectFrom('receiver_state')
    .select('revision')
    .where('receiver', '=', receiver)
    .executeTakeFirst()
  const applied = await appliedFor(snapshot, receiver)
  return { applied: hits && hits.indexed < applied ? hits.indexed : applied, revision: BigInt(state?.revision ?? 0) }
}
