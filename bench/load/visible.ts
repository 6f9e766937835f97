import { setTimeout as sleep } from 'node:timers/promises'
import { committed, toHex } from '@p2pmsg/protocol'
import { connectBus, createLogger } from '@p2pmsg/runtime'

/** How long after the last receipt commits are waited for, milliseconds. */
const PATIENCE_MS = 30_000

/**
 * Listens to what the store announces, as render-api does: from then on a message is in the feed and on its way to those who follow.
 */
export async function watchCommits(
  natsUrl: string,
): Promise<Readonly<{ until(ids: readonly string[]): Promise<ReadonlyMap<string, number>> }>> {
  const bus = await connectBus({ url: natsUrl, service: 'render-api', log: createLogger('render-api', 'fatal') })
  const seen = new Map<string, number>() // id → Unix milliseconds; as many as the bench sends
  bus.nc.subscribe(committed.wildcard, {
    callback: (_, message) => {
      const now = performance.timeOrigin + performance.now()
      const announcement = committed.of(0).parse(message.data)
      if (announcement.ok) for (const { id } of announcement.value.rows ?? []) seen.set(toHex(id), now)
    },
  })
  return {
    async until(ids) {
      const deadline = Date.now() + PATIENCE_MS
      while (Date.now() < deadline && !ids.every((id) => seen.has(id))) await sleep(20)
      await bus[Symbol.asyncDispose]()
      return seen
    },
  }
}
