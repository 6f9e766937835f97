import { answerOf, type FeedMessage, type FeedPage } from '../../api/feed-api.ts'
import type { operations } from '../../api/openapi.ts'
import { patiently } from '../../api/patiently.ts'
import { HttpFailure } from '../../failures.ts'
import type { Feed } from './find.ts'

/** What a page of a feed is asked for, as the service takes it. */
export type FeedQuery = NonNullable<operations['readFeed']['parameters']['query']>

/** A feed gives at most so many at once. */
export const PAGE_MAX = 200

/** @throws {HttpFailure}, or the signal's reason */
export function pageOf({ api, receiver }: Feed, query: FeedQuery, signal: AbortSignal): Promise<FeedPage> {
  const ask = () => answerOf(api.GET('/v1/feeds/{receiver}', { params: { path: { receiver }, query }, signal }))
  return patiently(ask, signal)
}

/**
 * Page after page, until there are enough or no more. A page of a search may be empty and go on.
 * @throws {HttpFailure} `not-as-described`: the pages lead in a circle
 */
export async function* messagesOf(
  feed: Feed,
  query: FeedQuery,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<FeedMessage> {
  const order = query.after === undefined ? 'before' : 'after'
  let asked = query
  for (let left = limit; left > 0; ) {
    const page = await pageOf(feed, { ...asked, limit: Math.min(left, PAGE_MAX) }, signal)
    yield* page.messages.slice(0, left)
    left -= page.messages.length
    if (page.next === null) return
    if (page.next === asked[order]) throw new HttpFailure('a page of the feed leads to itself', 'not-as-described')
    asked = { ...query, [order]: page.next }
  }
}
