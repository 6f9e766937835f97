import { type FeedQuestion, type Position, partitionOf } from '@p2pmsg/protocol'
import { sql } from 'kysely'
import { plan } from '../search/plan.ts'
import { receiverTerm } from '../search/receiver-lexeme.ts'
import { termsOf } from '../search/words.ts'
import { chosenRows } from './chosen-rows.ts'
import type { Snapshot } from './snapshot.ts'

/** Most messages that are looked at one by one, in order, before the index is asked. */
const WALK_ROWS_MAX = 10_000

type Index = Readonly<{
  /** All words up to here are indexed. */
  indexed: Position
  /** A `tsquery`; undefined = there is nothing to look for in what was asked. */
  query: string | undefined
}>

/** Where the words of a question occur: at most `limit` + 1 places, in the order asked for, none beyond `indexed`. */
export type Hits = Readonly<{ positions: readonly string[]; indexed: Position }>

/**
 * Two ways, each fast where the other is not. A common word is met soon by whoever walks along the feed, and its entry in the
 * index is as long as the feed; a rare word's entry is short, and a walk to it may be as long as the feed. The walk is tried first
 * and is bounded; what it does not fill, the index answers.
 */
export async function searchHits(snapshot: Snapshot, question: FeedQuestion): Promise<Hits> {
  const { indexed, query } = await indexFor(snapshot, question)
  if (query === undefined) return { positions: [], indexed }
  await plan(snapshot.db, 'in order')
  const near = await positionsOf(snapshot, question, walked(question, indexed, query))
  if (near.length > question.limit) return { positions: near, indexed }
  await plan(snapshot.db, 'by words')
  return { positions: await positionsOf(snapshot, question, lookedUp(question, indexed, query)), indexed }
}

/** The question is read by the configuration that made the index, whatever this replica's is. */
async function indexFor({ db, partitions }: Snapshot, { receiver, search = '' }: FeedQuestion): Promise<Index> {
  const { rows } = await sql<{ indexed: string; query: string; nodes: number }>`
    SELECT indexed, query, numnode(query) AS nodes FROM (
      SELECT indexed_position AS indexed, websearch_to_tsquery(language::regconfig, ${termsOf(search)}) AS query
      FROM search_state WHERE partition = ${partitionOf(receiver, partitions)} AND language <> ''
    ) AS state`.execute(db)
  const state = rows[0]
  return { indexed: BigInt(state?.indexed ?? 0), query: state && state.nodes > 0 ? state.query : undefined }
}

function walked(question: FeedQuestion, indexed: Position, query: string) {
  return sql<Place>`(
    SELECT position AS at FROM (
      SELECT position, words FROM message_text WHERE ${inRange(question, indexed)}
      ORDER BY position ${sql.raw(directionOf(question))} LIMIT ${WALK_ROWS_MAX}
    ) AS near WHERE words @@ ${query}::tsquery
  )`
}

/** The words alone choose the rows in the inner part: the way along the feed is what has been tried. */
function lookedUp(question: FeedQuestion, indexed: Position, query: string) {
  return sql<Place>`(
    SELECT position AS at FROM (
      SELECT receiver, position FROM message_text
      WHERE words @@ (${receiverTerm(question.receiver)}::tsquery && ${query}::tsquery) OFFSET 0
    ) AS found WHERE ${inRange(question, indexed)}
    ORDER BY position ${sql.raw(directionOf(question))}
  )`
}

type Place = Readonly<{ at: string }>

function inRange({ receiver, after, before }: FeedQuestion, indexed: Position) {
  const above = after === undefined ? sql`true` : sql`position > ${String(after)}`
  const below = before === undefined ? sql`true` : sql`position < ${String(before)}`
  return sql`receiver = ${receiver} AND position <= ${String(indexed)} AND ${above} AND ${below}`
}

/** The other filters, and what has gone since its words were indexed. */
async function positionsOf({ db }: Snapshot, question: FeedQuestion, places: ReturnType<typeof walked>) {
  const rows = await chosenRows(db, question)
    .innerJoin(places.as('places'), 'places.at', 'message.position')
    .where(sql<boolean>`message.message <> ''`)
    .select('places.at')
    .orderBy('places.at', directionOf(question))
    .limit(question.limit + 1)
    .execute()
  return rows.map(({ at }) => at)
}

function directionOf({ after }: FeedQuestion): 'asc' | 'desc' {
  return after === undefined ? 'desc' : 'asc'
}
