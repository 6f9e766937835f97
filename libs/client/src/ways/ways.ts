import { type Address, type ReceiverRecord, VALUE_UDP_BYTES_MAX } from '@p2pmsg/protocol'
import { abortable } from '../abortable.ts'
import { type DhtOptions, findRecord } from '../dht/find-record.ts'
import { NoRecord } from '../failures.ts'
import { KrpcSocket } from '../krpc/krpc-socket.ts'
import { pipeRoutersOf } from '../pipe/pipe-routers.ts'
import { Routers, type RoutersOptions } from '../routers.ts'
import { HttpWay } from './http-way.ts'
import { KrpcWay } from './krpc-way.ts'
import type { FinalVerdict, Parcel } from './parcel.ts'
import { PipeWay } from './pipe-way.ts'
import type { Way, WayName } from './way.ts'

export type WaysOptions = Readonly<{
  address: Address
  /** How a receiver is found whose address names no host. */
  dht: DhtOptions
  /** Local address to send from; '' = the system's choice. */
  host: string
  /** New messages go another way first. */
  onWay: (way: WayName) => void
  onUseless: (why: string) => void
}>

/**
 * The ways to a receiver's cluster. A message goes the best one; while that is down it goes the next one too, and so on: it has
 * one id, and a copy more does no harm. New messages are back on the best way as soon as that is up.
 */
export class Ways implements AsyncDisposable {
  readonly #options: WaysOptions
  readonly #socket: KrpcSocket
  readonly #routers: Routers
  readonly #pipe: PipeWay
  readonly #krpc: KrpcWay
  readonly #all: readonly Way[]
  readonly #parcels = new Set<Parcel>() // BOUNDED by the window
  #naming: Promise<void> | undefined
  #first: WayName = 'pipe'

  private constructor(options: WaysOptions, socket: KrpcSocket) {
    const { address, host, onUseless } = options
    this.#options = options
    this.#socket = socket
    this.#routers = new Routers({
      socket,
      receiver: address.receiver,
      endpoints: beginnings(options),
      onReady: () => this.#onReady(),
      onTrouble: () => this.#onTrouble(),
    })
    const valueBytesMax = () => Math.min(VALUE_UDP_BYTES_MAX, this.record?.valueBytesMax ?? Number.POSITIVE_INFINITY)
    const onChange = () => this.#onChange()
    const onLost = () => this.#routers.refresh()
    this.#pipe = new PipeWay({ host, valueBytesMax, onUseless, onChange, onLost })
    this.#krpc = new KrpcWay({ socket, routers: this.#routers, valueBytesMax, onUseless })
    const http = new HttpWay({ valueBytesMax, onUseless, record: (signal) => this.recordOnce(signal) })
    this.#all = [this.#pipe, this.#krpc, http]
  }

  static async open(options: WaysOptions): Promise<Ways> {
    return new Ways(options, await KrpcSocket.open(options.host))
  }

  /** The way that new messages go first. */
  get first(): WayName {
    return this.#first
  }

  /** The receiver's record, once a router gave one that its key signed and that is still good. */
  get record(): ReceiverRecord | undefined {
    return this.#routers.record
  }

  /** Whether any router ever answered. */
  get heard(): boolean {
    return this.#routers.heard
  }

  /** Why there is no router; undefined when there is one. */
  get trouble(): string | undefined {
    return this.#routers.trouble
  }

  /** @throws {NoRecord} a router answers and has none; or the signal's reason */
  async recordOnce(signal: AbortSignal): Promise<ReceiverRecord> {
    if (!this.record) await abortable(this.#routers.ready(), signal)
    const { record } = this
    if (!record) throw new NoRecord('the router gave no record that this receiver signed and that is still good')
    return record
  }

  /** Carries a message until a verdict, or until somebody fails it. */
  async carry(parcel: Parcel): Promise<FinalVerdict> {
    this.#parcels.add(parcel)
    try {
      if (!this.record) void this.#routers.current // whoever has no record looks for one
      this.#proceed(parcel)
      return await parcel.outcome
    } finally {
      this.#parcels.delete(parcel)
    }
  }

  /** Ends all that is on its way. */
  fail(reason: unknown): void {
    for (const parcel of this.#parcels) parcel.fail(reason)
  }

  #proceed(parcel: Parcel): void {
    for (const way of this.#all) {
      if (!way.carries(parcel.message.value.length)) continue
      parcel.take(way)
      if (!way.isDown) return
    }
  }

  #onReady(): void {
    this.#krpc.wake()
    this.#naming ??= this.#nameRouters().finally(() => {
      this.#naming = undefined
    })
  }

  /** The pipe's routers are those of the newest record. */
  async #nameRouters(): Promise<void> {
    const { record } = this
    const { address } = this.#options
    const routers = record ? await pipeRoutersOf(record, address.endpoint, this.#routers.current?.address) : []
    this.#pipe.setRouters(routers)
    this.#onChange()
  }

  #onTrouble(): void {
    this.#pipe.unknown()
    this.#onChange()
  }

  #onChange(): void {
    for (const parcel of this.#parcels) this.#proceed(parcel)
    const first = this.#all.find((way) => !way.isDown)?.name ?? 'http'
    if (first === this.#first) return
    this.#first = first
    this.#options.onWay(first)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#routers[Symbol.asyncDispose]()
    await this.#naming
    await this.#pipe[Symbol.asyncDispose]()
    await this.#socket[Symbol.asyncDispose]()
  }
}

/** The host of the address, or the routers of the record that the DHT has; after a round in vain it is looked up anew. */
function beginnings({ address, dht, host }: WaysOptions): RoutersOptions['endpoints'] {
  const { endpoint, receiver } = address
  if (endpoint) return async () => [endpoint]
  return async (round, signal) =>
    (await findRecord(receiver, { ...dht, host, fresh: round > 0, signal })).record.endpoints
}
