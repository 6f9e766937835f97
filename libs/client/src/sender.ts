import { setMaxListeners } from 'node:events'
import {
  type Address,
  encodeMessage,
  formatAddress,
  type KeyPair,
  type Message,
  messageId,
  type ReceiverRecord,
  toHex,
  VALUE_HTTP_BYTES_MAX,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'
import { abortable } from './abortable.ts'
import { composeMessage, type MessageDraft, SeqClock } from './compose.ts'
import { Delivery, type Outcome } from './delivery.ts'
import { type DhtOptions, findRecord } from './dht/find-record.ts'
import { Closed, NoRecord, Refused } from './failures.ts'
import { awaitStored } from './http/await-stored.ts'
import { postMessage } from './http/post-message.ts'
import type { CallId } from './krpc/calls.ts'
import { KrpcSocket } from './krpc/krpc-socket.ts'
import { readAddress } from './reachable.ts'
import { rememberedVerify } from './remembered-verify.ts'
import { Routers, type RoutersOptions } from './routers.ts'
import { sealDraft } from './seal-draft.ts'
import { Slots } from './slots.ts'
import type { Expected } from './verdict.ts'

/** Messages in flight unless the caller says otherwise. */
const WINDOW_DEFAULT = 64
/** Messages in flight at most. */
const WINDOW_MAX = 4_096
/** Messages that wait for a place in the window. */
const QUEUE_MAX = 65_536

export type SenderOptions = Readonly<{
  keys: KeyPair
  /**
   * `p2pmsg://<key>[@host:port][/topic]`: the host is asked for the record, the record names the routers. Without a host the
   * record is looked up in the DHT.
   */
  address: string | Address
  /** How that is done. */
  dht?: DhtOptions
  /** Messages in flight, 1–4096; default 64. */
  window?: number
  /** One message in flight, so that the feed has them in the order of `send`. */
  ordered?: boolean
  /** What counts as sent; default `accepted`. */
  wait?: Wait
  /** Ends every message that has no answer yet, and takes no more. */
  signal?: AbortSignal
  /** Local address to send from; default: the system's choice. */
  host?: string
}>

/** `logged`: the cluster owns the bytes. `accepted`: there is a receipt. `stored`: and readers see it. */
export type Wait = 'logged' | 'accepted' | 'stored'

export type DeliverOptions = Readonly<{
  /** Instead of the sender's. */
  wait?: Wait
  /** Ends this message alone; what became of it is then unknown. */
  signal?: AbortSignal
}>

export type SendResult = Readonly<{
  /** The message's id, hex. */
  id: string
  /** The receiver's address, as this sender was given it. */
  address: string
  /** Datagrams, or HTTP requests, that it took. */
  attempts: number
  /** From its turn in the window to the answer, milliseconds; a sender's first message finds the routers in it too. */
  millis: number
}> &
  (
    | Readonly<{ stage: 'accepted' | 'stored'; receipt: Uint8Array; verified: true }>
    | Readonly<{ stage: 'logged'; receipt: undefined; verified: false }>
  )

/**
 * Sends signed messages to one receiver and keeps at each until a receipt or a final refusal: 0.5 s doubling to 30 s, ±20 %,
 * the same bytes each time. A receipt counts only after it was verified against the receiver's key.
 */
export class Sender implements AsyncDisposable {
  readonly #keys: KeyPair
  readonly #address: Address
  readonly #formatted: string
  readonly #wait: Wait
  readonly #socket: KrpcSocket
  readonly #routers: Routers
  readonly #slots: Slots
  readonly #clock = new SeqClock()
  readonly #check = rememberedVerify()
  readonly #closing = new AbortController()
  readonly #inFlight = new Map<CallId, Delivery>() // BOUNDED by the window
  readonly #onAbort: () => void
  readonly #signal: AbortSignal | undefined
  #trouble: string | undefined
  /** What happened so far, for programs that show it: messages by their end, datagrams and requests, answers of no use. */
  readonly counts = { accepted: 0, logged: 0, refused: 0, attempts: 0, useless: 0 }

  private constructor(options: SenderOptions, address: Address, socket: KrpcSocket) {
    this.#keys = options.keys
    this.#address = address
    this.#formatted = formatAddress(address)
    this.#wait = options.wait ?? 'accepted'
    this.#socket = socket
    this.#slots = new Slots(options.ordered ? 1 : (options.window ?? WINDOW_DEFAULT), QUEUE_MAX)
    const { receiver } = address
    const endpoints = beginnings(address, options)
    this.#routers = new Routers({ socket, receiver, endpoints, onReady: () => this.#onReady() })
    setMaxListeners(0, this.#closing.signal) // one for each HTTP request in the window
    this.#signal = options.signal
    this.#onAbort = () => this.#end(options.signal?.reason)
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Opens a port; the first message finds the routers. @throws {BadAddress} */
  static async start(options: SenderOptions): Promise<Sender> {
    options.signal?.throwIfAborted()
    const { window = WINDOW_DEFAULT } = options
    if (!Number.isInteger(window) || window < 1 || window > WINDOW_MAX)
      throw new RangeError(`the window is 1 to ${WINDOW_MAX} messages, not ${window}`)
    const address = typeof options.address === 'string' ? readAddress(options.address) : options.address
    return new Sender(options, address, await KrpcSocket.open(options.host))
  }

  /** Why no answer was of use so far, or why there was none; undefined while all goes well. */
  get trouble(): string | undefined {
    return this.#trouble ?? this.#routers.trouble
  }

  /** Whether a router ever answered anything. */
  get heard(): boolean {
    return this.#routers.heard
  }

  /** Where the receiver's record says that readers find the messages, once a router gave the record. */
  get feedUrl(): string | undefined {
    return this.#routers.record?.feedUrl
  }

  /** Signs a message without sending it. @throws {BadDraft} */
  compose(draft: MessageDraft): Message {
    const topic = draft.topic ?? this.#address.topic
    return composeMessage({ ...draft, topic }, this.#keys, this.#address.receiver, this.#clock.next())
  }

  /**
   * What to send instead of a draft that only the receiver shall read: sealed to the key that its record names, else to its own.
   * @throws {BadDraft}, {@link NoRecord}, {@link Closed}; or the signal's reason
   */
  async seal(draft: MessageDraft, signal?: AbortSignal): Promise<MessageDraft> {
    const { sealKey } = await this.#record(signal)
    return sealDraft(draft, this.#keys.publicKey, this.#address.receiver, sealKey)
  }

  /** Signs and sends. @throws {BadDraft}, and what {@link deliver} throws */
  async send(draft: MessageDraft, options: DeliverOptions = {}): Promise<SendResult> {
    return this.deliver(this.compose(draft), options)
  }

  /**
   * Sends a message that is signed already. It may be sent again at any time: a message has one id, and a repetition gets the
   * first receipt.
   * @throws {Refused} finally; {@link QueueFull}, {@link NoRecord}, {@link Closed}; or the signal's reason
   */
  async deliver(message: Message, options: DeliverOptions = {}): Promise<SendResult> {
    this.#closing.signal.throwIfAborted()
    await this.#slots.take(options.signal)
    try {
      const result = await this.#send(message, messageId(message), options)
      this.counts[result.verified ? 'accepted' : 'logged']++
      return result
    } catch (error) {
      if (error instanceof Refused) this.counts.refused++
      throw error
    } finally {
      this.#slots.give()
    }
  }

  async #send(message: Message, id: Uint8Array, options: DeliverOptions): Promise<SendResult> {
    const wait = options.wait ?? this.#wait
    const started = performance.now()
    const fits = message.value.length <= Math.min(VALUE_UDP_BYTES_MAX, this.#routers.record?.valueBytesMax ?? Infinity)
    const way = fits
      ? this.#datagrams(message, id, wait, options.signal)
      : this.#post(message, id, wait, options.signal)
    const { verdict, attempts } = await way
    this.counts.attempts += attempts
    const sent = { id: toHex(id), address: this.#formatted, attempts, millis: performance.now() - started }
    if (verdict.kind === 'refused') throw new Refused(verdict.code, verdict.nowMs)
    if (verdict.kind === 'logged') return { ...sent, stage: 'logged', receipt: undefined, verified: false }
    if (wait === 'stored') {
      const { feedUrl } = await this.#record(options.signal)
      if (feedUrl === undefined)
        throw new NoRecord("the receiver's record names no feed, so nobody can say what is stored")
      await awaitStored(feedUrl, sent.id, this.#scope(options.signal), this.#onUseless)
    }
    return { ...sent, stage: wait === 'stored' ? 'stored' : 'accepted', receipt: verdict.bytes, verified: true }
  }

  async #datagrams(message: Message, id: Uint8Array, wait: Wait, signal: AbortSignal | undefined): Promise<Outcome> {
    let call: CallId | undefined
    let delivery: Delivery | undefined
    const options = { message, expected: this.#expected(id), routers: this.#routers, onUseless: this.#onUseless }
    const make = (settle: (outcome: Outcome) => void) => {
      delivery = new Delivery({ ...options, untilLogged: wait === 'logged', settle })
      return delivery
    }
    const onOpen = (id: CallId) => {
      call = id
      if (delivery) this.#inFlight.set(id, delivery)
    }
    try {
      return await this.#socket.run(make, signal, onOpen)
    } finally {
      if (call !== undefined) this.#inFlight.delete(call)
    }
  }

  async #post(message: Message, id: Uint8Array, wait: Wait, signal: AbortSignal | undefined): Promise<Outcome> {
    const { length } = message.value
    if (length > VALUE_HTTP_BYTES_MAX)
      throw new Refused(
        'too-large',
        undefined,
        `${length} bytes are more than any receiver takes (${VALUE_HTTP_BYTES_MAX})`,
      )
    const { postUrl } = await this.#record(signal)
    if (postUrl === undefined)
      throw new Refused(
        'too-large',
        undefined,
        `${length} bytes fit no datagram, and this receiver takes none over HTTP`,
      )
    return postMessage({
      url: postUrl,
      bytes: encodeMessage(message),
      expected: this.#expected(id),
      untilLogged: wait === 'logged',
      signal: this.#scope(signal),
      onUseless: this.#onUseless,
    })
  }

  #expected(id: Uint8Array): Expected {
    return { receiver: this.#address.receiver, id, check: this.#check }
  }

  async #record(signal: AbortSignal | undefined): Promise<ReceiverRecord> {
    await abortable(this.#routers.ready(), this.#scope(signal))
    const { record } = this.#routers
    if (!record) throw new NoRecord('the router gave no record that this receiver signed and that is still good')
    return record
  }

  #scope(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
  }

  #onReady(): void {
    for (const [call, delivery] of this.#inFlight) if (delivery.starved) this.#socket.wake(call)
  }

  readonly #onUseless = (why: string): void => {
    this.counts.useless++
    this.#trouble = why
  }

  #end(reason: unknown): void {
    this.#closing.abort(reason)
    this.#slots.close(reason)
    this.#socket.abandon(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#end(new Closed('the sender was closed before an answer came'))
    await this.#routers[Symbol.asyncDispose]()
    await this.#socket[Symbol.asyncDispose]()
  }
}

/** The host of the address, or the routers of the record that the DHT has; after a round in vain it is looked up anew. */
function beginnings({ endpoint, receiver }: Address, { dht, host }: SenderOptions): RoutersOptions['endpoints'] {
  if (endpoint) return async () => [endpoint]
  const common = { ...dht, ...(host !== undefined && { host }) }
  return async (round, signal) => (await findRecord(receiver, { ...common, fresh: round > 0, signal })).record.endpoints
}
