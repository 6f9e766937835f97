import { type FeedAnswer, type FeedQuestion, PAGE_ROWS_MAX, type Position, type Row } from '@p2pmsg/protocol'

/** Asks the store for a page of a feed. @throws {BusUnavailable} */
export type AskFeed = (question: FeedQuestion) => Promise<FeedAnswer>

export const NO_FILTER = {
  before: undefined,
  after: undefined,
  author: undefined,
  topic: undefined,
  replyTo: undefined,
  search: undefined,
} as const

export type RowsAfter = Readonly<{
  rows: readonly Row[]
  /** There is nothing else that passes between the last row and here; it never passes what was applied at the answer. */
  upTo: Position
  more: boolean
}>

/**
 * What the store has behind a position, oldest first.
 * @throws {BusUnavailable}
 */
export async function rowsAfter(
  feed: AskFeed,
  question: Pick<FeedQuestion, 'receiver' | 'after'> & Partial<FeedQuestion>,
): Promise<RowsAfter> {
  const { rows, more, applied } = await feed({ ...NO_FILTER, limit: PAGE_ROWS_MAX, ...question })
  const last = rows.at(-1)
  return { rows, more, upTo: more && last ? last.position : applied }
}
