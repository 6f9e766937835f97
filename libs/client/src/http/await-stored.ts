import { setTimeout as sleep } from 'node:timers/promises'
import { HttpFailure } from '../failures.ts'
import { fetchJson } from './fetch-json.ts'

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
  const url = feedPath(feedUrl, `v1/messages/${id}`)
  for (let wait = FIRST_MS; ; wait = Math.min(wait * GROWTH, LONGEST_MS)) {
    await sleep(wait, undefined, { signal })
    try {
      const { status, retryAfterMs } = await fetchJson(url, { headers: { accept: 'application/json' } }, signal)
      if (status === 200) return
      if (retryAfterMs !== undefined) wait = retryAfterMs / GROWTH // it said when to come back
      if (status !== 404) onUseless(`the feed answers HTTP ${status}`)
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error
      onUseless(error.message)
    }
  }
}

/** @param feedUrl with or without a slash at its end */
export function feedPath(feedUrl: string, path: string): URL {
  return new URL(path, feedUrl.endsWith('/') ? feedUrl : `${feedUrl}/`)
}
