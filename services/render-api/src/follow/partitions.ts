import { KEY_BYTES } from '@p2pmsg/protocol'
import { backoffMs, type Logger, sleep } from '@p2pmsg/runtime'
import type { Reader } from '../store-reader.ts'
import type { Heads } from './heads.ts'

/** Between two tries, milliseconds. Pages work meanwhile; they are only asked for each time. */
const TRY_MS_MAX = 5_000

/** Asks the store, until it answers, how many partitions there are: that tells which announcements concern a feed. */
export function learnPartitions(reader: Pick<Reader, 'stats'>, heads: Heads, log: Logger): AsyncDisposable {
  const stopped = new AbortController()
  const learning = (async () => {
    for (let attempt = 0; !stopped.signal.aborted; attempt++) {
      // The counts are of no receiver: only the partitions are wanted.
      const stats = await reader.stats(new Uint8Array(KEY_BYTES)).catch(() => undefined)
      if (stats && stats.partitions.length > 0) return heads.setPartitions(stats.partitions.length)
      if (attempt === 0) log.info('the store does not answer yet')
      await sleep(backoffMs(attempt, TRY_MS_MAX), stopped.signal)
    }
  })()
  return {
    [Symbol.asyncDispose]: () => {
      stopped.abort()
      return learning
    },
  }
}
