import {
  type Address,
  isTemporary,
  type PipeState,
  type Position,
  type RefusalCode,
  type Row,
  type SealKeys,
  type TapWish,
} from '@p2pmsg/protocol'
import { resendMs } from '../backoff.ts'
import type { DhtOptions } from '../dht/find-record.ts'
import { Refused } from '../failures.ts'
import { type OpenedMessage, openFeedMessage } from '../open-feed-message.ts'
import type { PipeTap } from '../pipe/pipe-socket.ts'
import { ReceiverPipe } from '../pipe/receiver-pipe.ts'
import type { Resolved } from '../resolve.ts'
import { AuthorNames } from './author-names.ts'
import { type HeardFault, type HeardMessage, heardMessage } from './heard-message.ts'
import { RowQueue } from './row-queue.ts'

export type ListenerOptions = Readonly<{
  /** `p2pmsg://<key>[@host:port][/topic]`; its topic counts where none is given. */
  address: string | Address
  /** Only this topic's; '' = messages without one. */
  topic?: string
  /** Only this author's: Ed25519 or, of 2011, the fingerprint; 32 bytes. */
  author?: Uint8Array
  /** Goes on behind this position: the last one that was taken, e.g. `position` of the listener before. Default: from the start. */
  from?: Position
  /** Opens what was sealed to them. */
  keys?: SealKeys
  /** Local address to send from; default: the system's choice. */
  host?: string
  /** How a receiver is found whose address names no host. */
  dht?: DhtOptions
  /** Ends the listener: whoever takes messages gets the signal's reason. */
  signal?: AbortSignal
  onState?: (state: PipeState) => void
  /** The routers cannot follow the feed now; asked again by itself after that time, milliseconds. */
  onPause?: (code: RefusalCode, againMs: number) => void
  /** A row that does not prove itself: it is left out. */
  onFault?: (fault: HeardFault, position: Position) => void
}>

/** A message with what stood under its seal, where there were keys to open it. */
export type Heard = OpenedMessage

/**
 * The smallest receiver: a feed's messages as they are accepted, exactly those that the feed has, in its order, each once, over
 * whichever router lives. Iterate it once, with `for await`: a message is acknowledged when the next one is asked for.
 */
export class Listener implements AsyncDisposable, AsyncIterable<Heard> {
  readonly resolved: Resolved
  readonly #pipe: ReceiverPipe
  readonly #options: ListenerOptions
  readonly #wish: Omit<TapWish, 'after'>
  readonly #queue = new RowQueue()
  readonly #names = new AuthorNames()
  readonly #onAbort = () => this.#end(this.#options.signal?.reason)
  /** The last row that came. */
  #last: Position
  #taken: Position
  #tap: PipeTap | undefined
  #again: NodeJS.Timeout | undefined
  #failures = 0
  #ended: Readonly<{ reason: unknown }> | undefined
  #wake: (() => void) | undefined

  private constructor(pipe: ReceiverPipe, options: ListenerOptions) {
    this.#pipe = pipe
    this.resolved = pipe.resolved
    this.#options = options
    const { receiver, topic } = pipe.resolved.address
    this.#wish = { receiver, author: options.author, topic: options.topic ?? (topic === '' ? undefined : topic) }
    this.#last = options.from ?? 0n
    this.#taken = this.#last
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (options.signal?.aborted)
      this.#onAbort() // while the names of the routers were looked up
    else this.#open()
  }

  /** @throws {BadAddress}, {Unreachable}, {NoRecord}, {NoPipe}, or the signal's reason */
  static async start(options: ListenerOptions): Promise<Listener> {
    const { address, host, dht, onState, signal } = options
    const pipe = await ReceiverPipe.open(address, {
      ...(host !== undefined && { host }),
      ...(dht && { dht }),
      ...(onState && { onState }),
      ...(signal && { signal }),
    })
    return new Listener(pipe, options)
  }

  /** Everything up to here was taken. Keep it, and a later listener goes on behind it. */
  get position(): Position {
    return this.#taken
  }

  /** @throws {Refused} the cluster does not follow this feed; or the signal's reason */
  async *[Symbol.asyncIterator](): AsyncGenerator<Heard, void, undefined> {
    const { onFault } = this.#options
    for (let row = await this.#next(); row; row = await this.#next()) {
      const message = heardMessage(row, this.#wish)
      if (!message.ok) onFault?.(message.fault, row.position)
      else yield this.#opened(this.#names.named(message.value))
      this.#taken = row.position
      this.#tap?.delivered(row.position)
    }
  }

  /** The router is told; what was not taken comes again to the next listener. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#end(undefined)
    await this.#pipe[Symbol.asyncDispose]()
  }

  #opened(message: HeardMessage): Heard {
    const { keys } = this.#options
    return keys ? { ...message, ...openFeedMessage(message, keys) } : message
  }

  async #next(): Promise<Row | undefined> {
    for (;;) {
      if (this.#ended?.reason) throw this.#ended.reason
      if (this.#ended) return undefined
      const row = this.#queue.shift()
      if (row) return row
      if (!this.#tap && !this.#again) this.#open()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #open(): void {
    this.#again = undefined
    this.#tap = this.#pipe.socket.tap(
      { ...this.#wish, after: this.#last },
      { onRow: (row) => this.#row(row), onEnd: (code) => this.#tapEnded(code) },
    )
  }

  #row(row: Row): void {
    if (this.#queue.push(row)) {
      this.#last = row.position
      this.#failures = 0
      this.#wake?.()
    } else {
      // More than any window: several routers in a row have died while nothing was taken. Asked for again when there is room.
      this.#tap?.close()
      this.#tap = undefined
    }
  }

  #tapEnded(code: RefusalCode): void {
    this.#tap = undefined
    if (this.#ended) return
    if (!isTemporary(code)) return this.#end(new Refused(code, undefined, FINAL[code]))
    const againMs = resendMs(this.#failures++)
    this.#options.onPause?.(code, againMs)
    this.#again = setTimeout(() => this.#open(), againMs)
  }

  #end(reason: unknown): void {
    if (this.#ended) return
    this.#ended = { reason }
    clearTimeout(this.#again)
    this.#wake?.()
  }
}

/** What a refusal means to who listens, where that is not what it means to a sender. */
const FINAL: Partial<Record<RefusalCode, string>> = {
  malformed: 'this cluster has not reached that position: it is of another one, or of a log that was lost',
}
