import { randomBytes } from 'node:crypto'
import {
  type PipeAnswer,
  PipeClient,
  type PipeRouter,
  type PipeSendKey,
  type PipeState,
  type PipeTapKey,
  type RefusalCode,
  type Row,
  type TapWish,
} from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'

export type PipeSocketOptions = Readonly<{
  /** In the order of preference; at least one. */
  routers: readonly PipeRouter[]
  /** The local address to send from; '' = whichever the system picks, in both families. */
  host?: string | undefined
  onState?: (state: PipeState) => void
}>

/** Whom a tap tells. All are called from within a datagram's turn: what takes long is for later. */
export type TapEvents = Readonly<{
  /** Each row once, in order; the wish's position or the last row is where it goes on after a router's death. */
  onRow: (row: Row) => void
  /** The routers do not follow this tap (any more). After a temporary code a new one may be asked for later. */
  onEnd: (code: RefusalCode) => void
  /** The feed has got to there, and the rest follows when rows were said to be delivered. */
  onBehind?: (position: bigint) => void
}>

export type PipeTap = Readonly<{
  /** All rows up to here are kept: without that no more than a window of them comes. */
  delivered: (position: bigint) => void
  close: () => void
}>

type Sends = Map<PipeSendKey, (answer: PipeAnswer) => void> // BOUNDED by the client's outbox
type Taps = Map<PipeTapKey, TapEvents> // BOUNDED by their owners, who make them

/** A UDP port of our own with a pipe to a cluster: {@link PipeClient} with a socket and a timer around it. */
export class PipeSocket implements AsyncDisposable {
  readonly #client: PipeClient
  readonly #driver: Driver
  readonly #sends: Sends
  readonly #taps: Taps
  #flushing: NodeJS.Immediate | undefined

  private constructor(client: PipeClient, driver: Driver, sends: Sends, taps: Taps) {
    this.#client = client
    this.#driver = driver
    this.#sends = sends
    this.#taps = taps
  }

  /** Opens the port; the first message or tap shakes hands. */
  static async open(options: PipeSocketOptions): Promise<PipeSocket> {
    const sends: Sends = new Map()
    const taps: Taps = new Map()
    const client = new PipeClient({
      routers: options.routers,
      random: randomBytes,
      onAnswer: (key, answer) => {
        const onAnswer = sends.get(key)
        if (answer.stage === 'accepted' || answer.stage === 'refused') sends.delete(key)
        onAnswer?.(answer)
      },
      onRow: (key, row) => taps.get(key)?.onRow(row),
      onTapEnd: (key, code) => {
        const events = taps.get(key)
        taps.delete(key)
        events?.onEnd(code)
      },
      onBehind: (key, position) => taps.get(key)?.onBehind?.(position),
      onState: (state) => options.onState?.(state),
    })
    const driver = await Driver.start(client, { host: options.host ?? '', port: 0 })
    return new PipeSocket(client, driver, sends, taps)
  }

  get counts(): Readonly<PipeClient['counts']> {
    return this.#client.counts
  }

  /** The router that the open pipe leads to. */
  get router(): PipeRouter | undefined {
    return this.#client.router
  }

  /** The routers of a newer record. An open pipe stays. */
  setRouters(routers: readonly PipeRouter[]): void {
    this.#client.setRouters(routers)
    this.#flush()
  }

  /**
   * Sends a message until its end, `accepted` or `refused`, over whichever router lives. Other answers are only told.
   * @returns calls it off; undefined when more messages wait than the pipe keeps
   */
  send(message: Uint8Array, onAnswer: (answer: PipeAnswer) => void): (() => void) | undefined {
    const key = this.#client.send(message)
    if (key === undefined) return undefined
    this.#sends.set(key, onAnswer)
    this.#flush()
    return () => {
      this.#sends.delete(key)
      this.#client.cancel(key)
    }
  }

  /** Asks for a receiver's messages as they are accepted, from a position on. At most eight at a time. */
  tap(wish: TapWish, events: TapEvents): PipeTap {
    const key = this.#client.tap(wish)
    this.#taps.set(key, events)
    this.#flush()
    return {
      delivered: (position) => {
        this.#client.delivered(key, position)
        this.#flush()
      },
      close: () => {
        this.#taps.delete(key)
        this.#client.untap(key)
        this.#flush()
      },
    }
  }

  /** What is said in one turn of the event loop leaves together. */
  #flush(): void {
    this.#flushing ??= setImmediate(() => {
      this.#flushing = undefined
      this.#driver.send(this.#client.flush(this.#driver.now()))
    })
  }

  /** The router is told; messages without an answer get none. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearImmediate(this.#flushing)
    this.#sends.clear()
    this.#taps.clear()
    this.#driver.send(this.#client.close(this.#driver.now()))
    await this.#driver[Symbol.asyncDispose]()
  }
}
