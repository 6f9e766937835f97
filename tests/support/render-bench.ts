// What stands around a render-api: a store on a real database and log, hosted receivers, and readers over HTTP.
import { putReceiver, removeReceiver, type StreamOptions } from '@p2pmsg/admin'
import { type KeyPair, type Message, messageId, toHex, toZBase32 } from '@p2pmsg/protocol'
import { createLogger, Health, sleep } from '@p2pmsg/runtime'
import type { Config } from '../../services/render-api/src/config.ts'
import { type RenderApi, startRenderApi } from '../../services/render-api/src/render-api.ts'
import { aKeyPair, anEntry } from './messages.ts'
import { StoreBench } from './store-bench.ts'

const log = createLogger('render-api', process.env.P2PMSG_TEST_LOG ?? 'silent')
/** Messages in one block, as in a router's pack. */
const BLOCK_MESSAGES = 64

export type RenderService = RenderApi & Readonly<{ url: string; health: Health }>

export class RenderBench implements AsyncDisposable {
  readonly stores: StoreBench
  /** Whose feed `/` shows. */
  readonly receiver: KeyPair
  readonly #stack = new AsyncDisposableStack()

  private constructor(stores: StoreBench, receiver: KeyPair) {
    this.stores = this.#stack.use(stores)
    this.receiver = receiver
  }

  static async start(options: Partial<StreamOptions> = {}): Promise<RenderBench> {
    const stores = await StoreBench.start(options)
    const bench = new RenderBench(stores, aKeyPair())
    await bench.host(bench.receiver)
    return bench
  }

  async host(receiver: KeyPair): Promise<KeyPair> {
    await putReceiver(this.stores.admin, anEntry(receiver, aKeyPair().publicKey))
    return receiver
  }

  async unhost(receiver: KeyPair): Promise<void> {
    await removeReceiver(this.stores.admin, receiver.publicKey)
  }

  /** A render-api as `main.ts` starts it, but for the process. */
  async renderApi(given: Partial<Config> = {}): Promise<RenderService> {
    const config = {
      natsUrl: this.stores.nats.url('render-api'),
      httpHost: '127.0.0.1',
      httpPort: 0,
      defaultReceiver: this.receiver.publicKey,
      publicUrl: undefined,
      clientRate: 1_000_000,
      trustedProxies: [],
      natsMonitorUrl: this.stores.nats.monitorUrl,
      ...given,
    }
    const health = new Health()
    const service = await startRenderApi(config, { log, health })
    health.started()
    let stopping: PromiseLike<void> | undefined
    const dispose = async () => (stopping ??= service[Symbol.asyncDispose]())
    const url = `http://127.0.0.1:${service.port}`
    return this.#stack.use({ ...service, url, health, [Symbol.asyncDispose]: dispose })
  }

  /** Into the log, in blocks, in this order. @returns the ids in hex */
  async accept(accepted: readonly Message[]): Promise<string[]> {
    for (let at = 0; at < accepted.length; at += BLOCK_MESSAGES) {
      await this.stores.accept(accepted.slice(at, at + BLOCK_MESSAGES))
    }
    return accepted.map((message) => toHex(messageId(message)))
  }

  /** Resolves once the store has all of them. */
  async stored(receiver: KeyPair, count: number): Promise<void> {
    for (;;) {
      const { rows } = await this.stores.feed(receiver.publicKey)
      if (rows.length >= Math.min(count, 200)) return
      await sleep(10)
    }
  }

  feedUrl(service: RenderService, receiver: KeyPair = this.receiver): string {
    return `${service.url}/v1/feeds/${toZBase32(receiver.publicKey)}`
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}
