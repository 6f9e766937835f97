import { type FeedApi, refusalOf } from '../api/feed-api.ts'
import type { operations } from '../api/openapi.ts'
import { HttpFailure } from '../failures.ts'
import { buffered, unreachable } from '../http/bounded-fetch.ts'

/** Until the service begins to answer, milliseconds; the answer itself has no end. */
const CONNECT_MS_MAX = 15_000
const EVENT_STREAM = 'text/event-stream'

/** Only messages of this kind, as the service takes it: `author`, `topic`, `reply_to`. */
export type LiveFilter = Omit<NonNullable<operations['followFeed']['parameters']['query']>, 'cursor' | 'q'>
export type LiveQuestion = Readonly<{
  /** The receiver's key, z-base-32. */
  receiver: string
  filter: LiveFilter
  /** Go on behind it; undefined = from now on. */
  cursor: string | undefined
  signal: AbortSignal
}>

/** Opens a live feed. @throws {HttpFailure} with the service's words when it refuses; or the signal's reason */
export async function connect(
  api: FeedApi,
  { receiver, filter, cursor, signal }: LiveQuestion,
): Promise<ReadableStream<Uint8Array>> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new HttpFailure('the feed does not answer', 'unreachable')), CONNECT_MS_MAX)
  try {
    const { data, error, response } = await api.GET('/v1/feeds/{receiver}/live', {
      params: { path: { receiver }, query: filter, header: cursor === undefined ? {} : { 'last-event-id': cursor } },
      headers: { accept: EVENT_STREAM },
      parseAs: 'stream',
      signal: AbortSignal.any([signal, late.signal]),
      fetch: open,
    })
    if (!data) throw refusalOf(response, error)
    if (response.headers.get('content-type')?.startsWith(EVENT_STREAM)) return data
    await data.cancel()
    throw new HttpFailure('the answer is no stream of events: is this a feed?', 'no-stream', {
      status: response.status,
    })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** A stream is handed on as it comes, a refusal is read. */
async function open(request: Request): Promise<Response> {
  const response = await fetch(request).catch((cause: unknown) => {
    throw unreachable(request.url, cause)
  })
  return response.ok ? response : buffered(response)
}
