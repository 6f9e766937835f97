import { DURABILITY_CLASSES, type DurabilityClass, EDGE_STREAM, MESSAGES_STREAM } from '@p2pmsg/protocol'
import type { Bus } from './bus/connect.ts'
import { streamInfo } from './bus/stream.ts'
import type { Logger } from './log.ts'
import { gauge } from './metrics.ts'

/** How often the servers are asked what they really promise, milliseconds. */
const REREAD_MS = 60_000
/** Replicas that outlive the loss of one (Raft majority). */
const REPLICAS_MIN = 3
const MONITOR_TIMEOUT_MS = 2_000
/** Most bytes of a monitoring page that we look at. */
const MONITOR_BYTES_MAX = 1 << 20

export type DurabilityOptions = Readonly<{
  bus: Bus
  /** The server's monitoring end point, e.g. http://127.0.0.1:8222; without it, whether it syncs cannot be known. */
  monitorUrl: string | undefined
  log: Logger
}>

/**
 * What a receipt may truthfully say about the log: the weaker of EDGE and MESSAGES. `replicated` from three replicas on,
 * `synced` where the server syncs each write; what cannot be read is `volatile`.
 */
export class DurabilityProbe implements AsyncDisposable {
  readonly #options: DurabilityOptions
  readonly #timer: NodeJS.Timeout
  #current: DurabilityClass = 'volatile'

  constructor(options: DurabilityOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.reread(), REREAD_MS)
    gauge('p2pmsg_durability_class', 'Durability of the log: 0 volatile, 1 synced, 2 replicated', () =>
      DURABILITY_CLASSES.indexOf(this.#current),
    )
  }

  current(): DurabilityClass {
    return this.#current
  }

  async reread(): Promise<DurabilityClass> {
    const { bus, log } = this.#options
    let next: DurabilityClass = 'volatile'
    try {
      const synced = await this.#syncsAlways()
      const classes = await Promise.all(
        [EDGE_STREAM, MESSAGES_STREAM].map(async (stream) => {
          const { config } = await streamInfo(bus, stream)
          if (config.storage !== 'file') return 0
          return config.num_replicas >= REPLICAS_MIN ? 2 : synced ? 1 : 0
        }),
      )
      next = DURABILITY_CLASSES[Math.min(...classes)] ?? 'volatile'
    } catch (thrown) {
      log.warn({ err: thrown }, 'the durability of the log cannot be read: receipts say volatile')
    }
    if (next !== this.#current) log.info({ durability: next }, 'durability of the log')
    this.#current = next
    return next
  }

  /** `/varz` says whether JetStream syncs each write (`sync_interval: always`). */
  async #syncsAlways(): Promise<boolean> {
    const { monitorUrl, log } = this.#options
    if (monitorUrl === undefined) return false
    try {
      const response = await fetch(new URL('/varz', monitorUrl), { signal: AbortSignal.timeout(MONITOR_TIMEOUT_MS) })
      const text = await response.text()
      if (!response.ok || text.length > MONITOR_BYTES_MAX) return false
      const varz = JSON.parse(text) as { jetstream?: { config?: { sync_always?: boolean } } }
      return varz.jetstream?.config?.sync_always === true
    } catch (thrown) {
      log.warn({ err: thrown }, 'the monitoring end point of NATS does not answer')
      return false
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    return Promise.resolve()
  }
}
