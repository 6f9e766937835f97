// A bad network between two UDP ports: it loses, repeats, delays and so reorders datagrams, the same ones for the same seed.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export type UdpProxyOptions = Readonly<{
  /** The port on 127.0.0.1 that it stands in front of. */
  to: number
  seed: number
  /** Probability that a datagram is lost, each way. */
  loss: number
  /** Probability that one is delivered twice. */
  duplicate: number
  /** Longest delay, milliseconds; each datagram's is drawn evenly from 0 to this. */
  delayMs: number
}>

const HOST = '127.0.0.1'
/** Datagrams of pipes begin with this byte or a larger one, others do not. */
const FIRST_PIPE_BYTE = 0xf8
/** Clients; each has a socket of its own towards the other side, as behind a NAT. */
const CLIENTS_MAX = 256

export class UdpProxy implements AsyncDisposable {
  readonly #options: UdpProxyOptions
  readonly #random: () => number
  readonly #front = createSocket('udp4')
  readonly #backs = new Map<number, Socket>() // by the client's port; BOUNDED by CLIENTS_MAX
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly counts = { carried: 0, lost: 0, repeated: 0 }
  /** What does not get through, either way: all datagrams of pipes, or all. */
  blocked: 'nothing' | 'pipes' | 'everything' = 'nothing'

  private constructor(options: UdpProxyOptions) {
    this.#options = options
    this.#random = randomFrom(options.seed)
    this.#front.on('message', (bytes, { port }) => {
      const back = this.#backs.get(port) ?? this.#addBack(port)
      this.#carry(bytes, () => back?.send(bytes, options.to, HOST))
    })
  }

  static async start(options: UdpProxyOptions): Promise<UdpProxy> {
    const proxy = new UdpProxy(options)
    proxy.#front.bind(0, HOST)
    await once(proxy.#front, 'listening')
    return proxy
  }

  get port(): number {
    return this.#front.address().port
  }

  #addBack(client: number): Socket | undefined {
    if (this.#backs.size >= CLIENTS_MAX) return undefined
    const back = createSocket('udp4')
    back.on('message', (bytes) => this.#carry(bytes, () => this.#front.send(bytes, client, HOST)))
    this.#backs.set(client, back)
    return back
  }

  #carry(bytes: Uint8Array, send: () => void): void {
    const { loss, duplicate, delayMs } = this.#options
    const isPipes = (bytes[0] ?? 0) >= FIRST_PIPE_BYTE
    if (this.blocked === 'everything' || (this.blocked === 'pipes' && isPipes)) return
    if (this.#random() < loss) {
      this.counts.lost++
      return
    }
    const copies = this.#random() < duplicate ? 2 : 1
    this.counts.carried++
    this.counts.repeated += copies - 1
    for (let i = 0; i < copies; i++) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        send()
      }, this.#random() * delayMs)
      this.#timers.add(timer)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    const closed = [this.#front, ...this.#backs.values()].map((socket) => once(socket.close(), 'close'))
    await Promise.all(closed)
  }
}

/** mulberry32: small, and good enough to lose datagrams by. @returns uniform in [0, 1) */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
