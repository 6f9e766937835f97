import { randomBytes } from 'node:crypto'
import { ID_BYTES, type UdpAddress } from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'
import { Closed } from '../failures.ts'
import type { Call } from './call.ts'
import { type CallId, Calls } from './calls.ts'

/** A UDP port of our own that asks questions: {@link Calls} with a socket and a timer around it. */
export class KrpcSocket implements AsyncDisposable {
  readonly #calls: Calls
  readonly #driver: Driver
  readonly #abandon = new Set<(reason: unknown) => void>() // BOUNDED by the open calls
  #closed = false

  private constructor(calls: Calls, driver: Driver) {
    this.#calls = calls
    this.#driver = driver
  }

  /** @param host the local address to send from; '' = whichever the system picks, in both families */
  static async open(host = ''): Promise<KrpcSocket> {
    const calls = new Calls(randomBytes(ID_BYTES), randomBytes(4).readUInt32BE())
    return new KrpcSocket(calls, await Driver.start(calls, { host, port: 0 }))
  }

  get counts(): Readonly<Calls['counts']> {
    return this.#calls.counts
  }

  timeoutMs(to: UdpAddress): number {
    return this.#calls.timeoutMs(to)
  }

  /**
   * Puts a question until the call settles it.
   * @param make given what settles it; @param onOpen given what {@link wake} takes
   * @throws the signal's reason, or {@link Closed} when the socket is closed first
   */
  run<T>(make: (settle: (result: T) => void) => Call, signal?: AbortSignal, onOpen?: (id: CallId) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted()
      if (this.#closed) throw new Closed('the socket is closed')
      let opened: CallId | undefined
      const end = () => {
        this.#abandon.delete(abandon)
        signal?.removeEventListener('abort', onAbort)
      }
      const abandon = (reason: unknown) => {
        end()
        if (opened !== undefined) this.#calls.close(opened)
        reject(reason)
      }
      const onAbort = () => abandon(signal?.reason)
      const call = make((result) => {
        end()
        resolve(result)
      })
      this.#abandon.add(abandon)
      signal?.addEventListener('abort', onAbort, { once: true })
      const { id, outgoing } = this.#calls.open(call, this.#driver.now())
      opened = id
      onOpen?.(id)
      this.#driver.send(outgoing)
    })
  }

  /** Lets a call transmit now, whatever it waits for. */
  wake(id: CallId): void {
    this.#driver.send(this.#calls.wake(id, this.#driver.now()))
  }

  /** Rejects all questions that are open. */
  abandon(reason: unknown): void {
    for (const abandon of this.#abandon) abandon(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.abandon(new Closed('the socket was closed before an answer came'))
    await this.#driver[Symbol.asyncDispose]()
  }
}
