import { inboxPrefix } from '@p2pmsg/protocol'
import { createInbox, type Msg, type Subscription } from 'nats'
import { sleep } from '../backoff.ts'
import { BusUnavailable } from '../failures.ts'
import { TRACEPARENT } from '../tracing.ts'
import type { Bus } from './connect.ts'

/** One message from a durable consumer, in hand until it is acknowledged. */
export type Delivery = Readonly<{
  data: Uint8Array
  seq: number
  /** 1 = the first time; one more each time it was not acknowledged. */
  delivered: number
  traceparent: string | undefined
  ack(): void
  /** Gives it back, for anybody, at once or after a while. */
  nak(delayMs?: number): void
  /** Asks for another `ack_wait`. */
  working(): void
  /** Never again. */
  term(): void
}>

export type PullerOptions = Readonly<{
  stream: string
  consumer: string
  /** How long the server keeps a request open when there is nothing, milliseconds. */
  expiresMs: number
}>

/** What a request outlives its own expiry by before we hold it for lost, milliseconds. */
const GRACE_MS = 1_000
/** A stop waits for the server's word that nothing more comes; a dead one gives none, milliseconds. */
const STOP_MS = 2_000
const encoder = new TextEncoder()

/**
 * Pulls from a durable consumer: never more than asked for, and what has come is handed over at once instead of waiting for
 * the number to be full. A pull that a broken connection swallowed is asked again.
 */
export class Puller implements AsyncDisposable {
  readonly #bus: Bus
  readonly #options: PullerOptions
  readonly #inbox: string
  readonly #subscription: Subscription
  readonly #stopListening: () => void
  #buffer: Delivery[] = [] // bounded by what was asked for
  #outstanding = 0
  #lostAt = 0
  #wake: (() => void) | undefined
  #stopping: Promise<void> | undefined
  #generation = 0

  constructor(bus: Bus, options: PullerOptions) {
    this.#bus = bus
    this.#options = options
    this.#inbox = createInbox(inboxPrefix(bus.service))
    this.#subscription = bus.nc.subscribe(`${this.#inbox}.*`, { callback: (_, message) => this.#onMessage(message) })
    this.#stopListening = bus.onReconnect(() => {
      this.#outstanding = 0
      this.#wake?.()
    })
  }

  /**
   * @param max most deliveries that may be on their way or in the answer
   * @returns what is there: one or more as soon as the first has come, none when the request expired or the puller stopped
   * @throws {BusUnavailable} while the bus is away
   */
  async fetch(max: number): Promise<Delivery[]> {
    if (this.#buffer.length > 0) return this.#buffer.splice(0, max)
    if (this.#stopping) return []
    if (!this.#bus.connected) throw new BusUnavailable('the bus is away')
    if (this.#outstanding === 0 || performance.now() > this.#lostAt) this.#ask(max)
    await this.#something()
    return this.#buffer.splice(0, max)
  }

  #ask(batch: number): void {
    this.#generation++
    const { stream, consumer, expiresMs } = this.#options
    this.#outstanding = batch
    this.#lostAt = performance.now() + expiresMs + GRACE_MS
    this.#bus.nc.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      encoder.encode(JSON.stringify({ batch, expires: expiresMs * 1_000_000 })),
      { reply: `${this.#inbox}.${this.#generation}` },
    )
  }

  async #something(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.expiresMs + GRACE_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  #onMessage(message: Msg): void {
    const ackSubject = message.reply
    if (!ackSubject) {
      // A status ends the request it answers (404 nothing, 408 expired, 409 limits); an older request's does not concern us.
      if (message.subject === `${this.#inbox}.${this.#generation}`) this.#outstanding = 0
    } else {
      this.#outstanding = Math.max(0, this.#outstanding - 1)
      const delivery = toDelivery(this.#bus, message, ackSubject)
      if (this.#stopping) delivery.nak()
      else this.#buffer.push(delivery)
    }
    // After the socket's other messages of this turn, so that one wake takes them all.
    if (this.#wake) setImmediate(this.#wake)
  }

  /** Asks for another `ack_wait` for what has come and was not fetched yet. */
  working(): void {
    for (const delivery of this.#buffer) delivery.working()
  }

  /**
   * Asks for nothing more. Resolves when what was on its way has been given back; what {@link fetch} handed out stays the
   * caller's. The server forgets an open request whose inbox is gone, so it cannot hand us again what we give back.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const { nc } = this.#bus
    const gone = this.#bus.connected && !nc.isClosed() ? this.#subscription.drain() : undefined
    for (const delivery of this.#buffer.splice(0)) delivery.nak()
    this.#wake?.()
    await Promise.race([gone, sleep(STOP_MS)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.#stopListening()
    if (!this.#bus.nc.isClosed()) this.#subscription.unsubscribe()
  }
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; with domain and account two more in front. */
function toDelivery(bus: Bus, message: Msg, ackSubject: string): Delivery {
  const tokens = ackSubject.split('.')
  const at = tokens.length >= 11 ? 6 : 4
  const say = (word: string) => {
    if (bus.connected && !bus.nc.isClosed()) bus.nc.publish(ackSubject, encoder.encode(word))
  }
  return {
    data: message.data,
    delivered: Number(tokens[at]),
    seq: Number(tokens[at + 1]),
    traceparent: message.headers?.get(TRACEPARENT) || undefined,
    ack: () => say('+ACK'),
    nak: (delayMs) => say(delayMs === undefined ? '-NAK' : `-NAK {"delay":${delayMs * 1_000_000}}`),
    working: () => say('+WPI'),
    term: () => say('+TERM'),
  }
}
