import { type PipeRouter, type PipeState } from '@p2pmsg/protocol'
import { PipeSocket } from '../pipe/pipe-socket.ts'
import type { Parcel } from './parcel.ts'
import { PipeDelivery } from './pipe-delivery.ts'
import type { Way } from './way.ts'

/** How long messages wait for a pipe before they go another way too, milliseconds: several round trips of a handshake. */
const HEAD_START_MS = 500

export type PipeWayOptions = Readonly<{
  /** Local address to send from; '' = the system's choice. */
  host: string
  /** Largest `v` that the receiver takes over UDP, bytes. */
  valueBytesMax: () => number
  /** `isDown` is another. */
  onChange: () => void
  /** A pipe is over, or no router answers: the record may name others by now. */
  onLost: () => void
  onUseless: (why: string) => void
}>

/** The way over a pipe: known once the record is, down while none can be made; it goes on trying while it has messages. */
export class PipeWay implements Way, AsyncDisposable {
  readonly name = 'pipe'
  readonly #options: PipeWayOptions
  readonly #waiting = new Set<PipeDelivery>() // BOUNDED by the window; for the routers to be known
  #opening: Promise<void> | undefined
  #socket: PipeSocket | undefined
  #timer: NodeJS.Timeout | undefined
  #carried = 0
  #closed = false
  #isDown = false

  constructor(options: PipeWayOptions) {
    this.#options = options
  }

  get isDown(): boolean {
    return this.#isDown
  }

  carries(valueBytes: number): boolean {
    return valueBytes <= this.#options.valueBytesMax()
  }

  /** The routers of the newest record; none when it offers no pipe. */
  setRouters(routers: readonly PipeRouter[]): void {
    if (this.#closed) return
    if (this.#socket) this.#socket.setRouters(routers)
    else if (routers.length === 0) this.#set(true)
    else this.#opening ??= this.#open(routers).catch((error: unknown) => this.#failed(error))
  }

  /** Nobody knows any routers. */
  unknown(): void {
    if (!this.#socket) this.#set(true)
  }

  carry(parcel: Parcel): () => void {
    const delivery = new PipeDelivery(parcel, this.#options.onUseless)
    this.#carried++
    if (this.#socket) {
      delivery.send(this.#socket)
      this.#want()
    } else this.#waiting.add(delivery)
    return () => {
      this.#carried--
      this.#waiting.delete(delivery)
      delivery.stop()
    }
  }

  async #open(routers: readonly PipeRouter[]): Promise<void> {
    const socket = await PipeSocket.open({
      routers,
      host: this.#options.host,
      onState: (state) => this.#onState(state),
    })
    this.#socket = socket
    this.#set(false)
    for (const delivery of this.#waiting) delivery.send(socket)
    this.#waiting.clear()
    this.#want()
  }

  /** No port for it: the newest record of another day may have more luck. */
  #failed(error: unknown): void {
    this.#opening = undefined
    this.#options.onUseless(error instanceof Error ? error.message : String(error))
    this.#set(true)
  }

  #onState({ state }: PipeState): void {
    if (state === 'open') {
      clearTimeout(this.#timer)
      this.#timer = undefined
      return this.#set(false)
    }
    if (state === 'unreachable') this.#set(true)
    this.#want()
    this.#options.onLost()
  }

  /** Messages are here and no pipe is: it has its head start. */
  #want(): void {
    if (this.#timer || this.#closed || this.#isDown || this.#carried === 0 || this.#socket?.router) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (!this.#socket?.router && this.#carried > 0) this.#set(true)
    }, HEAD_START_MS)
  }

  #set(isDown: boolean): void {
    if (this.#isDown === isDown || this.#closed) return
    this.#isDown = isDown
    this.#options.onChange()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#opening
    await this.#socket?.[Symbol.asyncDispose]()
  }
}
