import { jetstream } from '@nats-io/jetstream'
import { type KV, Kvm, type KvWatchEntry } from '@nats-io/kv'
import { backoffMs, sleep } from '../backoff.ts'
import { reasonOf, SetupMissing } from '../failures.ts'
import type { Logger } from '../log.ts'
import type { Bus } from './connect.ts'

export type KvHandler = Readonly<{
  onPut(name: string, bytes: Uint8Array): void
  onDelete(name: string): void
}>

/** Tries before the first watch is given up, each a little later than the last. */
const TRIES_MAX = 60
const TRY_LAST_MS = 2_000

/** Binds to a bucket without asking whether it is there. */
export function openBucket(bus: Bus, bucket: string): Promise<KV> {
  return new Kvm(jetstream(bus.nc, { checkAPI: false })).open(bucket, { bindOnly: true, allow_direct: true })
}

/**
 * Follows a bucket for as long as it is not disposed: first every entry, then each change. After a lost connection it starts
 * over, which tells every entry again, deletions too.
 * @throws {SetupMissing} the bucket does not appear
 */
export async function watchBucket(bus: Bus, bucket: string, handler: KvHandler, log: Logger): Promise<AsyncDisposable> {
  const watch = new BucketWatch(bus, bucket, handler, log)
  for (let attempt = 0; ; attempt++) {
    try {
      await watch.start()
      return watch
    } catch (thrown) {
      if (attempt >= TRIES_MAX) {
        const why = `bucket ${bucket}: ${reasonOf(thrown)}; run \`p2pmsg admin setup\``
        throw new SetupMissing(why, { cause: thrown })
      }
      log.warn({ bucket, err: thrown }, 'a bucket is not there yet')
      await sleep(backoffMs(attempt, TRY_LAST_MS))
    }
  }
}

class BucketWatch implements AsyncDisposable {
  readonly #bus: Bus
  readonly #bucket: string
  readonly #handler: KvHandler
  readonly #log: Logger
  readonly #stopped = new AbortController()
  readonly #stopListening: () => void
  #entries: { stop(): void } | undefined

  constructor(bus: Bus, bucket: string, handler: KvHandler, log: Logger) {
    this.#bus = bus
    this.#bucket = bucket
    this.#handler = handler
    this.#log = log
    // A server that restarted has forgotten the watcher; its own heartbeat would notice only after a minute.
    this.#stopListening = bus.onReconnect(() => this.#entries?.stop())
  }

  /** Resolves when every entry that was there has been told. */
  async start(): Promise<void> {
    const kv = await openBucket(this.#bus, this.#bucket)
    const entries = await kv.watch()
    this.#entries = entries
    const { values } = await kv.status()
    await new Promise<void>((resolve) => {
      if (values === 0) resolve()
      void this.#consume(entries, resolve)
    })
  }

  async #consume(entries: AsyncIterable<KvWatchEntry>, onCurrent: () => void): Promise<void> {
    try {
      for await (const entry of entries) {
        if (entry.operation === 'PUT') this.#handler.onPut(entry.key, entry.value)
        else this.#handler.onDelete(entry.key)
        if (entry.isUpdate) onCurrent()
      }
    } catch (thrown) {
      this.#log.warn({ bucket: this.#bucket, err: thrown }, 'a watch broke')
    }
    onCurrent() // a watch that broke before its first entry must not hold up the start for ever
    await this.#again()
  }

  async #again(): Promise<void> {
    for (let attempt = 0; !this.#stopped.signal.aborted && !this.#bus.nc.isClosed(); attempt++) {
      try {
        return await this.start()
      } catch (thrown) {
        this.#log.warn({ bucket: this.#bucket, err: thrown, attempt }, 'cannot watch a bucket')
        await sleep(backoffMs(attempt, TRY_LAST_MS), this.#stopped.signal)
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort()
    this.#stopListening()
    this.#entries?.stop()
    return Promise.resolve()
  }
}
