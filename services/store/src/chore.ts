import { type Logger, sleep } from '@p2pmsg/runtime'
import { choreFailed } from './events.ts'

/**
 * Does something again and again until it is disposed; a failure puts it off to the next time.
 * @param everyMs from the end of one time to the begin of the next
 */
export function startChore(log: Logger, name: string, everyMs: number, work: () => Promise<void>): AsyncDisposable {
  const stop = new AbortController()
  const running = (async () => {
    while (!stop.signal.aborted) {
      await work().catch((thrown: unknown) => choreFailed(log, name, thrown))
      await sleep(everyMs, stop.signal)
    }
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}
