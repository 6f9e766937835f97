import { backoffMs, type Delivery, Failure, type Puller, sleep } from '@p2pmsg/runtime'
import { Appetite } from './appetite.ts'
import type { Events } from './events.ts'

/** Half of EDGE's `ack_wait` of 5 s, less a margin for a busy loop, milliseconds. */
const WORKING_MS = 2_000
/** A pack that could not be finished is offered again after this, milliseconds. */
const RETURN_MS = 1_000
/** Longest wait between two tries to pull while the bus is away, milliseconds. */
const RETRY_LAST_MS = 2_000

export type IntakeOptions = Readonly<{
  puller: Puller
  /** Does all there is to do with a pack, its acknowledgement included. A {@link Failure} sends it back to the queue. */
  consume: (delivery: Delivery) => Promise<void>
  /** The next stage takes nothing now. */
  stalled: () => boolean
  /** Aborted when the service drains. */
  stopping: AbortController
  events: Events
}>

/** Pulls packs, as many as are judged in a second, and keeps them in hand until they are through. */
export class Intake implements AsyncDisposable {
  readonly #options: IntakeOptions
  readonly #appetite = new Appetite()
  readonly #inHand = new Map<Delivery, Promise<void>>() // bounded by the appetite
  readonly #working: NodeJS.Timeout
  readonly #loop: Promise<void>

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#working = setInterval(() => {
      for (const delivery of this.#inHand.keys()) delivery.working()
      options.puller.working()
    }, WORKING_MS)
    this.#loop = this.#run()
  }

  get inHand(): number {
    return this.#inHand.size
  }

  get limit(): number {
    return this.#appetite.limit
  }

  get #room(): number {
    return this.#options.stalled() ? 0 : this.#appetite.limit - this.#inHand.size
  }

  async #run(): Promise<void> {
    const { puller, events } = this.#options
    for (let failures = 0; !this.#options.stopping.signal.aborted; ) {
      if (this.#room < 1) {
        await Promise.race(this.#inHand.values())
        continue
      }
      try {
        const deliveries = await puller.fetch(this.#room)
        for (const delivery of deliveries) this.#take(delivery)
        failures = 0
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown
        events.busAway(thrown)
        await sleep(backoffMs(failures++, RETRY_LAST_MS), this.#options.stopping.signal)
      }
    }
  }

  #take(delivery: Delivery): void {
    if (this.#options.stopping.signal.aborted) return delivery.nak()
    this.#inHand.set(delivery, this.#finish(delivery))
  }

  async #finish(delivery: Delivery): Promise<void> {
    const since = performance.now()
    try {
      await this.#options.consume(delivery)
      this.#appetite.through(performance.now() - since, this.#inHand.size)
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown
      this.#options.events.packReturned(thrown)
      delivery.nak(RETURN_MS)
    } finally {
      this.#inHand.delete(delivery)
    }
  }

  /** Pulls nothing more, gives back what has not been begun and waits for what has. */
  async drain(): Promise<void> {
    this.#options.stopping.abort()
    await this.#options.puller.stop()
    await this.#loop
    await Promise.all(this.#inHand.values())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
    clearInterval(this.#working)
  }
}
