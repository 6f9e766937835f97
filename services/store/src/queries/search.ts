import { type FeedQuestion, type Position, partitionOf } from '@p2pmsg/protocol'
import { sql } from 'kysely'
import { int8Array } from '../binary-array.ts'
import { plan } from '../search/plan.ts'
import { receiverTerm } from '../search/receiver-lexeme.ts'
import { termsOf } from '../search/words.ts'
import { chosenRows } from './chosen-rows.ts'
import type { Snapshot } from './snapshot.ts'

/** Most messages that are looked at one by one, in order, before the index is asked. More than can be in no block yet. */
const WALK_ROWS_MAX = 2_000
/** Blocks whose messages are looked at for one page, in this order of portions; a page that they do not fill says how far it came. */
const PORTIONS = [4, 16, 44] as const
const BLOCKS_MAX = PORTIONS.reduce((sum, portion) => sum + portion, 0)

type Index = Readonly<{
  /** All words up to here are indexed. */
  indexed: Position
  /** A `tsquery`; undefined = there is nothing to look for in what was asked. */
  query: string | undefined
  /** A `tsquery` that every block with a match has. */
  cover: string
}>
type Range = Readonly<{ first: Position; last: Position }>

/** Where the words of a question occur: at most `limit` + 1 places, in the order asked for, none beyond `indexed`. */
export type Hits = Readonly<{
  positions: readonly string[]
  indexed: Position
  /** No more was looked at than up to here, and there may be more behind it. */
  reached: Position | undefined
}>

/**
 * Words that occur now and then are met soon by whoever walks along the feed, so that is tried first, within bounds. Then the index
 * says which blocks of messages to look at, in order. However long a feed is and however its words are spread, a page looks at so
 * many messages at most.
 */
export async function searchHits(snapshot: Snapshot, question: FeedQuestion): Promise<Hits> {
  const { indexed, query, cover } = await indexFor(snapshot, question)
  if (query === undefined) return { positions: [], indexed, reached: undefined }
  await plan(snapshot.db, 'in order')
  const all = { first: (question.after ?? -1n) + 1n, last: lower(indexed, (question.before ?? indexed + 1n) - 1n) }
  const walk = await walkEnd(snapshot, question, all)
  let positions = await positionsOf(snapshot, question, walked(question, query, walk ?? all))
  if (!walk || positions.length > question.limit) return { positions, indexed, reached: undefined }
  const rest = isUpwards(question) ? { ...all, first: walk.last + 1n } : { ...all, last: walk.first - 1n }
  const blocks = await blocksIn(snapshot, question, cover, rest)
  const found = blocks.slice(0, BLOCKS_MAX)
  await plan(snapshot.db, 'in order')
  for (const portion of PORTIONS) {
    const ranges = found.splice(0, portion)
    if (ranges.length === 0 || positions.length > question.limit) break
    positions = [...positions, ...(await positionsOf(snapshot, question, lookedAt(question, query, ranges)))].slice(
      0,
      question.limit + 1,
    )
  }
  const isCut = blocks.length > BLOCKS_MAX && positions.length <= question.limit
  return { positions, indexed, reached: isCut ? endOf(question, blocks[BLOCKS_MAX - 1]) : undefined }
}

/** The question is read by the configuration that made the index, whatever this replica's is. */
async function indexFor({ db, partitions }: Snapshot, { receiver, search = '' }: FeedQuestion): Promise<Index> {
  // What must not be there tells nothing about a block, and neither does the distance between words.
  const { rows } = await sql<{ indexed: string; query: string; nodes: number; cover: string }>`
    SELECT indexed, query, numnode(query) AS nodes, regexp_replace(querytree(query), '<(-|[0-9]+)>', '&', 'g') AS cover FROM (
      SELECT indexed_position AS indexed, websearch_to_tsquery(language::regconfig, ${termsOf(search)}) AS query
      FROM search_state WHERE partition = ${partitionOf(receiver, partitions)} AND language <> ''
    ) AS state`.execute(db)
  const state = rows[0]
  const words = state && state.cover !== ANYTHING && state.cover !== '' ? ` & (${state.cover})` : ''
  return {
    indexed: BigInt(state?.indexed ?? 0),
    query: state && state.nodes > 0 ? state.query : undefined,
    cover: `${receiverTerm(receiver)}${words}`,
  }
}

/** What `querytree` says of a query that no index can narrow. */
const ANYTHING = 'T'

/** @returns as much of a range as is walked through; undefined = all of it */
async function walkEnd({ db }: Snapshot, question: FeedQuestion, range: Range): Promise<Range | undefined> {
  const { rows } = await sql<{ position: string }>`
    SELECT position FROM message_text WHERE ${within(question, range)}
    ORDER BY position ${sql.raw(directionOf(question))} OFFSET ${WALK_ROWS_MAX - 1} LIMIT 1`.execute(db)
  const end = rows[0] && BigInt(rows[0].position)
  if (end === undefined) return undefined
  return isUpwards(question) ? { ...range, last: end } : { ...range, first: end }
}

/** Blocks that may have a match, in order, one more than are looked at; upwards, what is in no block yet comes last. */
async function blocksIn(snapshot: Snapshot, question: FeedQuestion, cover: string, range: Range): Promise<Range[]> {
  const { db } = snapshot
  await plan(db, 'by words')
  const { rows } = await sql<{ first: string; last: string }>`
    SELECT first_position AS first, last_position AS last FROM (
      SELECT receiver, first_position, last_position FROM search_block WHERE words @@ ${cover}::tsquery OFFSET 0
    ) AS found
    WHERE receiver = ${question.receiver} AND last_position >= ${String(range.first)} AND first_position <= ${String(range.last)}
    ORDER BY last_position ${sql.raw(directionOf(question))} LIMIT ${BLOCKS_MAX + 1}`.execute(db)
  const blocks: Range[] = []
  let left = range
  for (const row of rows) {
    // Each message once, should two replicas have made blocks at the same time that overlap.
    const block = { first: higher(BigInt(row.first), left.first), last: lower(BigInt(row.last), left.last) }
    if (block.first <= block.last) blocks.push(block)
    left = isUpwards(question) ? { ...left, first: block.last + 1n } : { ...left, last: block.first - 1n }
  }
  if (!isUpwards(question) || blocks.length > BLOCKS_MAX) return blocks
  const newest = await db
    .selectFrom('search_block')
    .select((eb) => eb.fn.max('last_position').as('last'))
    .where('receiver', '=', question.receiver)
    .executeTakeFirst()
  return [...blocks, { ...range, first: higher(range.first, BigInt(newest?.last ?? -1) + 1n) }]
}

/** Matches in one range, found in their order, so that nobody goes on when there are enough. */
function walked(question: FeedQuestion, query: string, range: Range) {
  return sql<Place>`(
    SELECT position AS at FROM message_text WHERE ${within(question, range)} AND words @@ ${query}::tsquery
    ORDER BY position ${sql.raw(directionOf(question))}
  )`
}

/** Matches in several ranges, of which each is read by itself: the planner would rather read the feed. */
function lookedAt({ receiver }: FeedQuestion, query: string, ranges: readonly Range[]) {
  return sql<Place>`(
    SELECT t.position AS at FROM unnest(
      ${int8Array(ranges.map(({ first }) => first))}::int8[], ${int8Array(ranges.map(({ last }) => last))}::int8[]
    ) AS range (first, last) CROSS JOIN LATERAL (
      SELECT position, words FROM message_text
      WHERE receiver = ${receiver} AND position BETWEEN range.first AND range.last ORDER BY position OFFSET 0
    ) AS t WHERE t.words @@ ${query}::tsquery
  )`
}

type Place = Readonly<{ at: string }>

/** The other filters, and what has gone since its words were indexed: asked of each match, never of the whole feed. */
async function positionsOf({ db }: Snapshot, question: FeedQuestion, places: ReturnType<typeof walked>) {
  const kept = chosenRows(db, question)
    .where(sql<boolean>`message.position = places.at AND message.message <> ''`)
    .select(sql<number>`1`.as('kept'))
    .limit(1)
  const { rows } = await sql<Place>`
    SELECT places.at FROM ${places} AS places CROSS JOIN LATERAL ${kept} AS kept
    ORDER BY places.at ${sql.raw(directionOf(question))} LIMIT ${question.limit + 1}`.execute(db)
  return rows.map(({ at }) => at)
}

function within({ receiver }: FeedQuestion, { first, last }: Range) {
  return sql`receiver = ${receiver} AND position BETWEEN ${String(first)} AND ${String(last)}`
}

function endOf(question: FeedQuestion, range: Range | undefined): Position | undefined {
  return isUpwards(question) ? range?.last : range?.first
}

function isUpwards({ after }: FeedQuestion): boolean {
  return after !== undefined
}

function directionOf(question: FeedQuestion): 'asc' | 'desc' {
  return isUpwards(question) ? 'asc' : 'desc'
}

const lower = (a: Position, b: Position) => (a < b ? a : b)
const higher = (a: Position, b: Position) => (a > b ? a : b)
