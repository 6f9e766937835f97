import { setTimeout as sleep } from 'node:timers/promises'
import { HttpFailure } from '../failures.ts'

/** How often one request is repeated because the service asked for patience. */
const TRIES_MAX = 5
/** Longest wait that is worth it, milliseconds. */
const WAIT_MS_MAX = 30_000

/** Asks again, when it says when, a service that has no time just now. @throws what the last try threw; the signal's reason */
export async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const waitMs = error instanceof HttpFailure ? error.retryAfterMs : undefined
      if (waitMs === undefined || waitMs > WAIT_MS_MAX || tries === TRIES_MAX) throw error
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}
