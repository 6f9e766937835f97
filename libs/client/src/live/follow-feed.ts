import { setTimeout as sleep } from 'node:timers/promises'
import type { FeedApi, FeedMessage } from '../api/feed-api.ts'
import { resendMs } from '../backoff.ts'
import { HttpFailure } from '../failures.ts'
import { connect, type LiveFilter } from './connect.ts'
import { eventsOf } from './event-stream.ts'
import { Place } from './place.ts'

/** Between two connections, milliseconds, whatever a server asks for. */
const WAIT_MS_MIN = 100
const WAIT_MS_MAX = 60_000
/** How long to wait before coming back unless the server says so, milliseconds. */
const RETRY_MS_DEFAULT = 1_000

export type FollowOptions = Readonly<{
  api: FeedApi
  /** The receiver's key, z-base-32. */
  receiver: string
  filter?: LiveFilter
  /** Go on behind this; undefined = from what is new now. */
  cursor?: string | undefined
  /** Ends it: the generator throws the signal's reason. */
  signal: AbortSignal
}>

/** What happens while a feed is followed. Each `cursor` is one to come back with. */
export type FollowEvent =
  | Readonly<{ kind: 'message'; message: FeedMessage; cursor: string }>
  /** Connected: everything behind the cursor follows. */
  | Readonly<{ kind: 'following'; cursor: string }>
  /** The cursor that was given is not of this log: everything follows, from the log's oldest message on. */
  | Readonly<{ kind: 'gap'; cursor: string }>
  /** The service ends the stream: `slow` = we took too long, `drain` = it stops. Another connection follows. */
  | Readonly<{ kind: 'slow' | 'drain'; cursor: string }>
  /** The connection broke, or none came about; the next try is in `waitMs`. */
  | Readonly<{ kind: 'lost'; why: string; waitMs: number; cursor: string | undefined }>
  /** The feed is no longer hosted there. This is the last event. */
  | Readonly<{ kind: 'gone'; cursor: string | undefined }>

/**
 * Follows a feed over as many connections as it takes: each message once and in order.
 * @throws {HttpFailure} what no waiting mends; or the signal's reason
 */
export async function* followFeed(options: FollowOptions): AsyncGenerator<FollowEvent> {
  const { signal } = options
  const place = new Place(options.cursor)
  let retryMs = RETRY_MS_DEFAULT
  let everConnected = false
  for (let failures = 0; ; ) {
    let lost: HttpFailure | undefined
    try {
      const { api, receiver, filter = {} } = options
      const body = await connect(api, { receiver, filter, cursor: place.cursor, signal })
      everConnected = true
      const onRetry = (ms: number) => {
        retryMs = ms
      }
      for await (const event of eventsOf(body, onRetry)) {
        failures = 0
        const meaning = place.meaningOf(event)
        if (meaning) yield meaning
        if (meaning?.kind === 'gone') return
      }
    } catch (error) {
      signal.throwIfAborted()
      lost = lossOf(error, everConnected)
    }
    if (lost?.code === 'unknown-receiver') return yield { kind: 'gone', cursor: place.cursor }
    const waitMs = within(lost ? (lost.retryAfterMs ?? resendMs(failures++)) : retryMs)
    if (lost) yield { kind: 'lost', why: lost.message, waitMs, cursor: place.cursor }
    await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** @returns why the line is lost for now @throws {HttpFailure} what is lost for good */
function lossOf(error: unknown, everConnected: boolean): HttpFailure {
  if (!(error instanceof HttpFailure)) return new HttpFailure('the connection broke', 'broken', {}, { cause: error })
  const { code, status } = error
  const isTemporary =
    code === 'silent' ||
    (status !== undefined && (status >= 500 || status === 429 || status === 408)) ||
    // What never was there is a mistake in the address; what was will come back, or say that it is gone.
    (everConnected && (code === 'unreachable' || status === 404))
  if (!isTemporary) throw error
  return error
}

function within(ms: number): number {
  return Math.min(Math.max(ms, WAIT_MS_MIN), WAIT_MS_MAX)
}
