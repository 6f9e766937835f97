import { type FeedAnswer, type FeedQuestion, PAGE_BYTES_MAX, ROW_HEADER_BYTES } from '@p2pmsg/protocol'
import { Failure } from '@p2pmsg/runtime'
import { sql } from 'kysely'
import { NOT_EXPIRED, ROW_COLUMNS, toRow } from './row-of.ts'
import { appliedFor, inSnapshot, type Snapshot, type Source } from './snapshot.ts'

/** This store has no index of words. */
class NoSearch extends Failure {
  override readonly name = 'NoSearch'
  readonly code = 'NO_SEARCH'
  readonly retry = 'never'
}

/**
 * One page of a feed, by keyset on (receiver, position): what is inserted or removed meanwhile moves nothing. Tombstones stay
 * in their places, so that whoever copied the message learns of its end. A page of large messages is cut where its bytes end.
 */
export function answerFeed(source: Source, question: FeedQuestion): Promise<FeedAnswer> {
  // A page that ignores the words would be a wrong answer. Their index costs half of what a message may cost here.
  if (question.search !== undefined) return Promise.reject(new NoSearch('full text is not indexed'))
  return inSnapshot(source, async (snapshot) => {
    const { rows, more } = await pageOf(snapshot, question)
    return { rows, more, ...(await stateOf(snapshot, question.receiver)) }
  })
}

async function pageOf({ db }: Snapshot, question: FeedQuestion) {
  const ascending = question.after !== undefined
  const direction = ascending ? 'asc' : 'desc'
  let page = db.selectFrom('message').select(ROW_COLUMNS).where('receiver', '=', question.receiver).where(NOT_EXPIRED)
  if (question.after !== undefined) page = page.where('position', '>', String(question.after))
  if (question.before !== undefined) page = page.where('position', '<', String(question.before))
  if (question.author) page = page.where('author', '=', question.author)
  if (question.topic !== undefined) page = page.where('topic', '=', question.topic)
  if (question.replyTo) page = page.where('reply_to', '=', question.replyTo)
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

async function stateOf(snapshot: Snapshot, receiver: Uint8Array) {
  const state = await snapshot.db
    .selectFrom('receiver_state')
    .select('revision')
    .where('receiver', '=', receiver)
    .executeTakeFirst()
  return { applied: await appliedFor(snapshot, receiver), revision: BigInt(state?.revision ?? 0) }
}
