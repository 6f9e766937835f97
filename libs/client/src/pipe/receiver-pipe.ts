import type { Address, PipeState } from '@p2pmsg/protocol'
import type { DhtOptions } from '../dht/find-record.ts'
import { NoPipe } from '../failures.ts'
import { type Resolved, resolve } from '../resolve.ts'
import { pipeRoutersOf } from './pipe-routers.ts'
import { PipeSocket } from './pipe-socket.ts'

/** What the DHT said is asked for again there, and not taken from memory, once it is older than this, milliseconds. */
const FOUND_LATELY_MS = 60_000

export type ReceiverPipeOptions = Readonly<{
  /** Local address to send from; default: the system's choice. */
  host?: string
  /** How a receiver is found whose address names no host. */
  dht?: DhtOptions
  onState?: (state: PipeState) => void
  /** Ends the search for the receiver; the pipe ends by being disposed. */
  signal?: AbortSignal
}>

/** A pipe to a receiver's cluster, and the record that it was found by. */
export class ReceiverPipe implements AsyncDisposable {
  readonly socket: PipeSocket
  /** As the address's host had it when the pipe was made. */
  readonly resolved: Resolved
  readonly #closing: AbortController
  readonly #searching: () => Promise<void> | undefined

  private constructor(
    socket: PipeSocket,
    resolved: Resolved,
    closing: AbortController,
    searching: () => Promise<void> | undefined,
  ) {
    this.socket = socket
    this.resolved = resolved
    this.#closing = closing
    this.#searching = searching
  }

  /**
   * Finds the receiver; the first message or tap on the `socket` shakes hands. When a pipe is over, or no router answers, the
   * record is asked for again: it may name others by now.
   * @throws {BadAddress}, {Unreachable}, {NoRecord}, {NoPipe}, or the signal's reason
   */
  static async open(address: string | Address, options: ReceiverPipeOptions = {}): Promise<ReceiverPipe> {
    const resolved = await resolve(address, options.signal, options.dht)
    let foundMs = Date.now()
    const routers = await routersOf(resolved)
    if (routers.length === 0) throw new NoPipe('the routers of this receiver offer no pipe')
    const closing = new AbortController()
    let searching: Promise<void> | undefined
    const search = async () => {
      try {
        const dht = { ...options.dht, fresh: Date.now() - foundMs > FOUND_LATELY_MS }
        const found = await resolve(address, closing.signal, dht)
        if (dht.fresh) foundMs = Date.now()
        socket.setRouters(await routersOf(found))
      } catch {
        // Nobody knows better: the pipe goes on trying those that it has.
      } finally {
        searching = undefined
      }
    }
    const onState = (state: PipeState) => {
      if (state.state !== 'open') searching ??= search()
      options.onState?.(state)
    }
    const socket = await PipeSocket.open({ routers, host: options.host, onState })
    return new ReceiverPipe(socket, resolved, closing, () => searching)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#searching()
    await this.socket[Symbol.asyncDispose]()
  }
}

function routersOf({ record, address, from }: Resolved) {
  return pipeRoutersOf(record, address.endpoint, from)
}
