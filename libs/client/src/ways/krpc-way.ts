import type { CallId } from '../krpc/calls.ts'
import type { KrpcSocket } from '../krpc/krpc-socket.ts'
import type { Routers } from '../routers.ts'
import { KrpcDelivery } from './krpc-delivery.ts'
import type { FinalVerdict, Parcel } from './parcel.ts'
import type { Way } from './way.ts'

export type KrpcWayOptions = Readonly<{
  socket: KrpcSocket
  routers: Routers
  /** Largest `v` that the receiver takes over UDP, bytes. */
  valueBytesMax: () => number
  onUseless: (why: string) => void
}>

/** The way by a `msg` query for each message: a datagram out, a datagram back. */
export class KrpcWay implements Way {
  readonly name = 'krpc'
  readonly #options: KrpcWayOptions
  readonly #deliveries = new Map<CallId, KrpcDelivery>() // BOUNDED by the window

  constructor(options: KrpcWayOptions) {
    this.#options = options
  }

  get isDown(): boolean {
    return this.#options.routers.trouble !== undefined
  }

  carries(valueBytes: number): boolean {
    return valueBytes <= this.#options.valueBytesMax()
  }

  carry(parcel: Parcel): () => void {
    const { socket, routers, onUseless } = this.#options
    const called = new AbortController()
    let opened: CallId | undefined
    let delivery: KrpcDelivery | undefined
    const make = (settle: (verdict: FinalVerdict) => void) => {
      delivery = new KrpcDelivery({ parcel, routers, settle, onUseless })
      return delivery
    }
    const onOpen = (id: CallId) => {
      opened = id
      if (delivery) this.#deliveries.set(id, delivery)
    }
    socket.run(make, called.signal, onOpen).then(
      (verdict) => parcel.settle(verdict),
      () => undefined, // called off
    )
    return () => {
      if (opened !== undefined) this.#deliveries.delete(opened)
      called.abort()
    }
  }

  /** There is a router now: those that wait for one go on. */
  wake(): void {
    for (const [call, delivery] of this.#deliveries) if (delivery.starved) this.#options.socket.wake(call)
  }
}
