import { setTimeout as sleep } from 'node:timers/promises'
import { feedApi } from '../api/feed-api.ts'
import { HttpFailure } from '../failures.ts'
import { retryAfterMs } from './bounded-fetch.ts'

/** The first look comes this long after the receipt, milliseconds; each further wait is half as long again. */
const FIRST_MS = 20
const LONGEST_MS = 1_000
const GROWTH = 1.5

/** Asks a feed for a message until readers see it. @throws the signal's reason */
export async function awaitStored(
  feedUrl: string,
  id: string,
  signal: AbortSignal,
  onUseless: (why: string) => void,
): Promise<void> {
  const api = feedApi(feedUrl)
  for (let wait = FIRST_MS; ; wait = Math.min(wait * GROWTH, LONGEST_MS)) {
    await sleep(wait, undefined, { signal })
    try {
      const { data, response } = await api.GET('/v1/messages/{id}', { params: { path: { id } }, signal })
      if (data) return
      const asked = retryAfterMs(response)
      if (asked !== undefined) wait = asked / GROWTH // it said when to come back
      if (response.status !== 404) onUseless(`the feed answers HTTP ${response.status}`)
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error
      onUseless(error.message)
    }
  }
}
