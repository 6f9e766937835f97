import { inboxPrefix } from '@p2pmsg/protocol'
import { createInbox, headers, type Msg } from 'nats'
import { BusUnavailable, PublishRefused, StreamFull, TooManyInFlight } from '../failures.ts'
import { histogram } from '../metrics.ts'
import { TRACEPARENT } from '../tracing.ts'
import type { Bus } from './connect.ts'

/** JetStream's word that a stream has stored a message. */
export type PubAck = Readonly<{
  stream: string
  seq: number
  /** The stream had this publish id already; `seq` is where. */
  duplicate: boolean
}>

type Waiting = Readonly<{
  resolve: (ack: PubAck) => void
  reject: (failure: Error) => void
  sentAt: number
}>

/** How often waiting publishes are looked through for those that have waited too long, milliseconds. */
const SWEEP_MS = 100
/** JetStream's error for a stream at its limit (`JSStreamStoreFailedF`, "maximum bytes exceeded" and the like). */
const STORE_FAILED = 10_077

const ackSeconds = histogram('p2pmsg_publish_ack_seconds', 'Time from publish to JetStream acknowledgement')

/**
 * Publishes to streams over one inbox for all acknowledgements: a twelfth of the cost of a request each.
 * Bounded in flight; every publish ends with an ack or a failure.
 */
export class AckPublisher implements AsyncDisposable {
  readonly #bus: Bus
  readonly #inFlightMax: number
  readonly #timeoutMs: number
  readonly #prefix: string
  readonly #waiting = new Map<number, Waiting>() // bounded by inFlightMax
  readonly #subscription
  readonly #sweeper: NodeJS.Timeout
  #next = 0
  #idle: (() => void)[] = []

  constructor(bus: Bus, options: Readonly<{ inFlightMax: number; timeoutMs: number }>) {
    this.#bus = bus
    this.#inFlightMax = options.inFlightMax
    this.#timeoutMs = options.timeoutMs
    this.#prefix = `${createInbox(inboxPrefix(bus.service))}.`
    this.#subscription = bus.nc.subscribe(`${this.#prefix}*`, { callback: (_, message) => this.#onReply(message) })
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
  }

  get inFlight(): number {
    return this.#waiting.size
  }

  get full(): boolean {
    return this.#waiting.size >= this.#inFlightMax
  }

  /**
   * Resolves once the stream has stored the bytes.
   * @param options.msgId a second publish with this id, within the stream's duplicate window, is stored once
   * @throws {BusUnavailable} no acknowledgement in time; the bytes may or may not have been stored
   * @throws {StreamFull} @throws {PublishRefused} @throws {TooManyInFlight}
   */
  publish(
    subject: string,
    bytes: Uint8Array,
    options: Readonly<{ msgId?: string; traceparent?: string }> = {},
  ): Promise<PubAck> {
    if (!this.#bus.connected) return Promise.reject(new BusUnavailable('the bus is away'))
    if (this.full) return Promise.reject(new TooManyInFlight(`${this.#inFlightMax} publishes are in flight`))
    const token = this.#next++
    const reply = `${this.#prefix}${token}`
    if (options.msgId === undefined && options.traceparent === undefined)
      this.#bus.nc.publish(subject, bytes, { reply })
    else {
      const carried = headers()
      if (options.msgId !== undefined) carried.set('Nats-Msg-Id', options.msgId)
      if (options.traceparent !== undefined) carried.set(TRACEPARENT, options.traceparent)
      this.#bus.nc.publish(subject, bytes, { reply, headers: carried })
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { resolve, reject, sentAt: performance.now() })
    })
  }

  #onReply(message: Msg): void {
    const token = Number(message.subject.slice(this.#prefix.length))
    const waiting = this.#waiting.get(token)
    if (!waiting) return // came after its deadline
    this.#waiting.delete(token)
    ackSeconds.record((performance.now() - waiting.sentAt) / 1000)
    const answer = readAnswer(message)
    if (answer instanceof Error) waiting.reject(answer)
    else waiting.resolve(answer)
    this.#tellIdle()
  }

  #sweep(): void {
    const before = performance.now() - this.#timeoutMs
    // In order of sending: the first that is young enough ends the walk.
    for (const [token, waiting] of this.#waiting) {
      if (waiting.sentAt > before) break
      this.#waiting.delete(token)
      waiting.reject(new BusUnavailable(`no acknowledgement within ${this.#timeoutMs} ms`))
    }
    this.#tellIdle()
  }

  #tellIdle(): void {
    if (this.#waiting.size > 0 || this.#idle.length === 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Resolves when nothing is in flight; the sweeper sees to it that this comes. */
  async drain(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
    clearInterval(this.#sweeper)
    if (!this.#bus.nc.isClosed()) this.#subscription.unsubscribe()
  }
}

function readAnswer(message: Msg): PubAck | Error {
  if (message.data.length === 0) return new BusUnavailable('no stream listens on this subject, or it has no leader')
  try {
    const { stream, seq, duplicate, error } = message.json<{
      stream?: string
      seq?: number
      duplicate?: boolean
      error?: { err_code?: number; description?: string }
    }>()
    if (error?.err_code === STORE_FAILED) return new StreamFull(error.description ?? 'the stream is full')
    if (error) return new PublishRefused(error.description ?? 'JetStream refused the publish')
    return { stream: stream ?? '', seq: seq ?? 0, duplicate: duplicate ?? false }
  } catch (cause) {
    return new PublishRefused('an acknowledgement that is not JSON', { cause })
  }
}
