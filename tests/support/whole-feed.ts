import { answerOf, type FeedMessage, feedApi } from '@p2pmsg/client'
import { toZBase32 } from '@p2pmsg/protocol'

/** All messages of a feed, oldest first. */
export async function wholeFeed(feedUrl: string, receiver: Uint8Array): Promise<FeedMessage[]> {
  const api = feedApi(feedUrl)
  const path = { receiver: toZBase32(receiver) }
  const all: FeedMessage[] = []
  for (let before: string | undefined; ; ) {
    const query = { limit: 200, ...(before !== undefined && { before }) }
    const page = await answerOf(api.GET('/v1/feeds/{receiver}', { params: { path, query } }))
    all.push(...page.messages)
    if (page.next === null) return all.toReversed()
    before = page.next
  }
}
