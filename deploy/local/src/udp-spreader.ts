import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

const HOST = '127.0.0.1'
/** Senders whose answers find the way back; beyond, whoever was silent longest is forgotten. */
const FLOWS_MAX = 4_096
/** A router that refuses datagrams is passed over for this long, milliseconds. */
const AWAY_MS = 200
const BUFFER_BYTES = 4 << 20

/** Datagrams of pipes begin with this byte or a higher one (docs/pipe.md): only the router that made a pipe has its keys. */
const PIPE_BYTE = 0xf8

/** One sender's sockets towards the routers, one each: what a router sees as the sender's address; and who has its pipes. */
type Flow = { readonly sockets: Map<number, Socket>; pipes: number | undefined }

/**
 * One UDP address in front of several routers: each datagram goes to the next one, so that none may count on seeing a sender
 * twice; but a sender's pipes stay where they are, as a Service keeps each flow to one pod. Stands for that Service on one machine:
 * a router that is withdrawn gets nothing more and its answers still go out; one that is dead is noticed and passed over.
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
    const flow = this.#flow(from)
    const router = (bytes[0] ?? 0) < PIPE_BYTE ? this.#next() : this.#routerOfPipes(flow)
    if (router === undefined) return
    const socket = this.#socket(flow, from, router)
    if (isConnected(socket)) socket.send(bytes)
    else socket.once('connect', () => socket.send(bytes)) // within a turn of the event loop
  }

  #routerOfPipes(flow: Flow): number | undefined {
    const { pipes } = flow
    const isThere = pipes !== undefined && this.#routers.includes(pipes) && !this.#isAway(pipes)
    if (!isThere) flow.pipes = this.#next()
    return flow.pipes
  }

  #isAway(router: number): boolean {
    return (this.#awayUntil.get(router) ?? 0) > Date.now()
  }

  #next(): number | undefined {
    for (let tries = 0; tries < this.#routers.length; tries++) {
      const router = this.#routers[this.#turn++ % this.#routers.length] as number
      if (!this.#isAway(router)) return router
    }
    return this.#routers[0] // all seem dead: the first that is not will answer
  }

  #flow(from: RemoteInfo): Flow {
    const key = `${from.address} ${from.port}`
    const flow: Flow = this.#flows.get(key) ?? { sockets: new Map(), pipes: undefined }
    this.#flows.delete(key)
    this.#flows.set(key, flow) // now the last used
    if (this.#flows.size > FLOWS_MAX) this.#forget()
    return flow
  }

  #socket({ sockets }: Flow, from: RemoteInfo, router: number): Socket {
    const there = sockets.get(router)
    if (there) return there
    const socket = createSocket('udp4')
    // Connected, or the kernel would not tell that nobody listens.
    socket.connect(router, HOST)
    socket.on('message', (bytes) => this.#front.send(bytes, from.port, from.address))
    socket.on('error', () => this.#awayUntil.set(router, Date.now() + AWAY_MS))
    sockets.set(router, socket)
    return socket
  }

  #forget(): void {
    const [oldest] = this.#flows
    if (!oldest) return
    const [key, flow] = oldest
    this.#flows.delete(key)
    for (const socket of flow.sockets.values()) socket.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sockets = [this.#front, ...[...this.#flows.values()].flatMap(({ sockets }) => [...sockets.values()])]
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
