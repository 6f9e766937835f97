import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isIpv4, parseIp, type UdpAddress } from '@p2pmsg/protocol'
import { IpCache } from './ip-cache.ts'

export type UdpSocketOptions = Readonly<{
  /** An address of one family, or '' for every address of both. */
  host: string
  /** 0 = any free one, the same for both families. */
  port: number
  /** Called for every datagram, whatever is in it. `bytes` may be kept. */
  onDatagram: (bytes: Uint8Array, from: UdpAddress) => void
  /** A datagram could not be sent, or the operating system reported trouble; counting it is all there is to do. */
  onError?: (code: string) => void
}>

/** What the kernel may hold for us, bytes: about 2,800 full datagrams. It gives less where `net.core.rmem_max` says so. */
const RECEIVE_BUFFER_BYTES = 4 << 20
/** Datagrams that wait for the kernel to take them, and those of one more millisecond; more are dropped, as a full network would. */
const SENDING_MAX = 8192
/** Between two looks at how sending goes, milliseconds. */
const LOOK_EVERY_MS = 1
/** How long closing waits for those, milliseconds. */
const CLOSE_MS_MAX = 500
const CLOSE_STEP_MS = 5
/** A port that is free for one family may be taken for the other; then another is tried. */
const BIND_TRIES = 20
/** What machines without IPv6 say. */
const NO_FAMILY: ReadonlySet<unknown> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT'])

/** Owns one UDP port, on one socket for each family. Opened once, disposed any number of times. */
export class UdpSocket implements AsyncDisposable {
  readonly #sockets: readonly Socket[]
  readonly #v4: Socket | undefined
  readonly #v6: Socket | undefined
  readonly #onError: (code: string) => void
  readonly #ips = new IpCache()
  #lookedMs = 0
  #congested = false
  #closed: Promise<unknown> | undefined

  private constructor(v4: Socket | undefined, v6: Socket | undefined, options: UdpSocketOptions) {
    this.#v4 = v4
    this.#v6 = v6
    this.#sockets = [v4, v6].filter((socket) => socket !== undefined)
    this.#onError = options.onError ?? (() => undefined)
    const { onDatagram } = options
    for (const socket of this.#sockets) {
      socket.on('message', (bytes: Uint8Array, from: RemoteInfo) => {
        onDatagram(bytes, { ip: this.#ips.bytesOf(from.address), port: from.port })
      })
      socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error.code ?? 'UNKNOWN'))
    }
  }

  /** @throws {Error} the operating system's, e.g. `EADDRINUSE`; or that `host` is a name and not an address */
  static async open(options: UdpSocketOptions): Promise<UdpSocket> {
    const { host, port } = options
    if (host === '') {
      const [v4, v6] = await bindBoth(port)
      return new UdpSocket(v4, v6, options)
    }
    const family = isIP(host)
    if (family === 0) throw new Error(`cannot listen on ${host}: it is not an IP address`)
    const socket = await bind(family === 4 ? 'udp4' : 'udp6', host, port)
    return family === 4 ? new UdpSocket(socket, undefined, options) : new UdpSocket(undefined, socket, options)
  }

  get port(): number {
    return this.#sockets[0]?.address().port ?? 0
  }

  /** Where it is bound; of two families the IPv4 one. 16 zero bytes or ::ffff:0.0.0.0 stand for every address. */
  get address(): UdpAddress {
    const { address = '', port = 0 } = this.#sockets[0]?.address() ?? {}
    return { ip: parseIp(address) ?? new Uint8Array(16), port }
  }

  /** Never throws and never waits: what cannot be sent is reported to `onError` and lost, as datagrams are. */
  send(to: UdpAddress, bytes: Uint8Array): void {
    const socket = isIpv4(to.ip) ? this.#v4 : this.#v6
    if (this.#closed !== undefined) return this.#onError('CLOSED')
    if (!socket) return this.#onError('EAFNOSUPPORT')
    if (to.port === 0) return this.#onError('EADDRNOTAVAIL')
    const nowMs = performance.now()
    const isDue = nowMs - this.#lookedMs >= LOOK_EVERY_MS
    if (isDue) this.#look(nowMs)
    if (this.#congested) return this.#onError('ENOBUFS')
    try {
      socket.send(bytes, to.port, this.#ips.textOf(to.ip), isDue ? this.#onSent : undefined)
    } catch (error) {
      this.#onSent(error as NodeJS.ErrnoException)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closed ??= this.#close())
  }

  readonly #onSent = (error: NodeJS.ErrnoException | null): void => {
    if (error) this.#onError(error.code ?? 'UNKNOWN')
  }

  /**
   * How sending goes is looked at once a millisecond, and of the datagrams in between one speaks for all: being told of each would
   * cost as much as answering a small query, and what is wrong with a network is not over sooner.
   */
  #look(nowMs: number): void {
    this.#lookedMs = nowMs
    this.#congested = this.#waiting() >= SENDING_MAX
  }

  /** Datagrams that the kernel has not taken yet. */
  #waiting(): number {
    return this.#sockets.reduce((sum, socket) => sum + socket.getSendQueueCount(), 0)
  }

  async #close(): Promise<void> {
    for (let waited = 0; this.#waiting() > 0 && waited < CLOSE_MS_MAX; waited += CLOSE_STEP_MS)
      await sleep(CLOSE_STEP_MS)
    await Promise.all(this.#sockets.map((socket) => once(socket.close(), 'close')))
  }
}

async function bindBoth(port: number): Promise<[Socket, Socket | undefined]> {
  for (let tries = 1; ; tries++) {
    const v4 = await bind('udp4', '0.0.0.0', port)
    try {
      return [v4, await bind('udp6', '::', v4.address().port)]
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (NO_FAMILY.has(code)) return [v4, undefined]
      v4.close()
      if (code !== 'EADDRINUSE' || port !== 0 || tries === BIND_TRIES) throw error
    }
  }
}

async function bind(type: 'udp4' | 'udp6', address: string, port: number): Promise<Socket> {
  const socket = createSocket({
    type,
    ipv6Only: type === 'udp6',
    // Only addresses come here; the resolver that Node asks otherwise delays each datagram by a turn of the event loop.
    lookup: (host, _options, done) => done(null, host, type === 'udp4' ? 4 : 6),
  })
  try {
    const listening = once(socket, 'listening') // first: with such a resolver `bind` is done before it returns
    socket.bind({ address, port })
    await listening
  } catch (error) {
    socket.close()
    throw error
  }
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
  } catch {
    // Some systems refuse what is above their limit where Linux gives what it can; the default serves then.
  }
  return socket
}
