import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

const HOST = '127.0.0.1'
/** Senders whose answers find the way back; beyond, whoever was silent longest is forgotten. */
const FLOWS_MAX = 4_096
/** A router that refuses datagrams is passed over for this long, milliseconds. */
const AWAY_MS = 200
const BUFFER_BYTES = 4 << 20

/** One sender's sockets towards the routers, one each: what a router sees as the sender's address. */
type Flow = Map<number, Socket>

/**
 * One UDP address in front of several routers: each datagram goes to the next one, so that none may count on seeing a sender
 * twice. Stands for the Service of a cluster on one machine: a router that is withdrawn gets nothing more and its answers still
 * go out; one that is dead is noticed and passed over.
 */
export class UdpSpreader implements AsyncDisposable {
  readonly #front = createSocket('udp4')
  readonly #flows = new Map<string, Flow>() // BOUNDED by FLOWS_MAX, in the order of last use
  readonly #awayUntil = new Map<number, number>() // by router's port; BOUNDED by the routers
  #routers: number[]
  #turn = 0

  private constructor(routers: readonly number[]) {
    this.#routers = [...routers]
    this.#front.on('message', (bytes, from) => this.#forward(bytes, from))
    this.#front.on('error', () => undefined) // an answer to somebody who has gone
  }

  /** @param port 0 = any free one @param routers their UDP ports @throws the operating system's error, e.g. EADDRINUSE */
  static async start(port: number, routers: readonly number[]): Promise<UdpSpreader> {
    const spreader = new UdpSpreader(routers)
    const listening = once(spreader.#front, 'listening')
    spreader.#front.bind(port, HOST)
    await listening
    spreader.#front.setRecvBufferSize(BUFFER_BYTES)
    return spreader
  }

  get port(): number {
    return this.#front.address().port
  }

  /** Sends a router nothing more, as when its pod leaves the endpoints. */
  withdraw(router: number): void {
    this.#routers = this.#routers.filter((port) => port !== router)
  }

  add(router: number): void {
    if (!this.#routers.includes(router)) this.#routers.push(router)
    this.#awayUntil.delete(router)
  }

  #forward(bytes: Uint8Array, from: RemoteInfo): void {
    const router = this.#next()
    if (router === undefined) return
    const socket = this.#socket(from, router)
    if (isConnected(socket)) socket.send(bytes)
    else socket.once('connect', () => socket.send(bytes)) // within a turn of the event loop
  }

  #next(): number | undefined {
    const now = Date.now()
    for (let tries = 0; tries < this.#routers.length; tries++) {
      const router = this.#routers[this.#turn++ % this.#routers.length] as number
      if ((this.#awayUntil.get(router) ?? 0) <= now) return router
    }
    return this.#routers[0] // all seem dead: the first that is not will answer
  }

  #socket(from: RemoteInfo, router: number): Socket {
    const key = `${from.address} ${from.port}`
    const flow = this.#flows.get(key) ?? new Map<number, Socket>()
    this.#flows.delete(key)
    this.#flows.set(key, flow) // now the last used
    if (this.#flows.size > FLOWS_MAX) this.#forget()
    const there = flow.get(router)
    if (there) return there
    const socket = createSocket('udp4')
    // Connected, or the kernel would not tell that nobody listens.
    socket.connect(router, HOST)
    socket.on('message', (bytes) => this.#front.send(bytes, from.port, from.address))
    socket.on('error', () => this.#awayUntil.set(router, Date.now() + AWAY_MS))
    flow.set(router, socket)
    return socket
  }

  #forget(): void {
    const [oldest] = this.#flows
    if (!oldest) return
    const [key, flow] = oldest
    this.#flows.delete(key)
    for (const socket of flow.values()) socket.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sockets = [this.#front, ...[...this.#flows.values()].flatMap((flow) => [...flow.values()])]
    await Promise.all(sockets.map((socket) => once(socket.close(), 'close')))
  }
}

function isConnected(socket: Socket): boolean {
  try {
    return socket.remoteAddress().port > 0
  } catch {
    return false
  }
}
