import { EventEmitter, setMaxListeners } from 'node:events'
import {
  type Address,
  encodeMessage,
  formatAddress,
  type KeyPair,
  type Message,
  messageId,
  type RefusalCode,
  toHex,
  VALUE_HTTP_BYTES_MAX,
} from '@p2pmsg/protocol'
import { composeMessage, type MessageDraft, SeqClock } from './compose.ts'
import { Closed, NoRecord, Refused } from './failures.ts'
import { awaitStored } from './http/await-stored.ts'
import type { Outbox } from './outbox/outbox.ts'
import { readAddress } from './reachable.ts'
import { rememberedVerify } from './remembered-verify.ts'
import { sealDraft } from './seal-draft.ts'
import type { DeliverOptions, SenderEvents, SenderOptions, SendResult, Wait } from './send-options.ts'
import { Slots } from './slots.ts'
import { type FinalVerdict, Parcel } from './ways/parcel.ts'
import type { WayName } from './ways/way.ts'
import { Ways } from './ways/ways.ts'

/** Messages in flight unless the caller says otherwise. */
const WINDOW_DEFAULT = 64
/** Messages in flight at most. */
const WINDOW_MAX = 4_096
/** Messages that wait for a place in the window. */
const QUEUE_MAX = 65_536

/**
 * Sends signed messages to one receiver and keeps at each until a receipt or a final refusal, the same bytes each time: over a
 * pipe; where there is none by a datagram for each; where those reach nobody over HTTP. A receipt counts only after it was
 * verified against the receiver's key.
 */
export class Sender extends EventEmitter<SenderEvents> implements AsyncDisposable {
  readonly #keys: KeyPair | undefined
  readonly #address: Address
  readonly #formatted: string
  readonly #wait: Wait
  readonly #slots: Slots
  readonly #outbox: Outbox | undefined
  readonly #clock = new SeqClock()
  readonly #check = rememberedVerify()
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal | undefined
  readonly #ways: Ways
  #trouble: string | undefined
  /** What happened so far, for programs that show it: messages by their end, attempts, answers of no use. */
  readonly counts = { accepted: 0, logged: 0, refused: 0, attempts: 0, useless: 0 }
  /** How often the cluster said to come back later, by code. */
  readonly putOff = new Map<RefusalCode, number>() // BOUNDED by the codes there are

  private constructor(options: SenderOptions, address: Address, ways: Ways) {
    super()
    this.#keys = options.keys
    this.#address = address
    this.#formatted = formatAddress(address)
    this.#wait = options.wait ?? 'accepted'
    this.#slots = new Slots(options.ordered ? 1 : (options.window ?? WINDOW_DEFAULT), QUEUE_MAX)
    this.#outbox = options.outbox
    this.#ways = ways
    setMaxListeners(0, this.#closing.signal) // one for each message in the window that waits to be stored
    this.#signal = options.signal
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Opens a port; the first message finds the routers. @throws {BadAddress} */
  static async start(options: SenderOptions): Promise<Sender> {
    options.signal?.throwIfAborted()
    const { window = WINDOW_DEFAULT, host = '', dht = {} } = options
    if (!Number.isInteger(window) || window < 1 || window > WINDOW_MAX)
      throw new RangeError(`the window is 1 to ${WINDOW_MAX} messages, not ${window}`)
    const address = typeof options.address === 'string' ? readAddress(options.address) : options.address
    const ways = await Ways.open({
      address,
      dht,
      host,
      onWay: (way) => sender.emit('way', way),
      onUseless: (why) => sender.#onUseless(why),
    })
    const sender = new Sender(options, address, ways)
    if (options.signal?.aborted) sender.#onAbort() // while the port was opened
    return sender
  }

  /** Why no answer was of use so far, or why there was none; undefined while all goes well. */
  get trouble(): string | undefined {
    return this.#trouble ?? this.#ways.trouble
  }

  /** Whether a router ever answered anything. */
  get heard(): boolean {
    return this.#ways.heard
  }

  /** The way that new messages go first. */
  get way(): WayName {
    return this.#ways.first
  }

  /** Where the receiver's record says that readers find the messages, once a router gave the record. */
  get feedUrl(): string | undefined {
    return this.#ways.record?.feedUrl
  }

  /** Signs a message without sending it. @throws {BadDraft} */
  compose(draft: MessageDraft): Message {
    const topic = draft.topic ?? this.#address.topic
    return composeMessage({ ...draft, topic }, this.#author, this.#address.receiver, this.#clock.next())
  }

  /**
   * What to send instead of a draft that only the receiver shall read: sealed to the key that its record names, else to its own.
   * @throws {BadDraft}, {@link NoRecord}, {@link Closed}; or the signal's reason
   */
  async seal(draft: MessageDraft, signal?: AbortSignal): Promise<MessageDraft> {
    const { sealKey } = await this.#ways.recordOnce(this.#scope(signal))
    return sealDraft(draft, this.#author.publicKey, this.#address.receiver, sealKey)
  }

  /** Signs and sends. @throws {BadDraft}, and what {@link deliver} throws */
  async send(draft: MessageDraft, options: DeliverOptions = {}): Promise<SendResult> {
    return this.deliver(this.compose(draft), options)
  }

  /**
   * Sends a message that is signed already. It may be sent again at any time: a message has one id, and a repetition gets the
   * first receipt.
   * @throws {Refused} finally; {@link QueueFull}, {@link OutboxFull}, {@link NoRecord}, {@link Closed}; or the signal's reason.
   * With an outbox all but those who are refused stay there.
   */
  async deliver(message: Message, options: DeliverOptions = {}): Promise<SendResult> {
    this.#closing.signal.throwIfAborted()
    const id = messageId(message)
    if (!this.#outbox) return this.#deliver(message, id, options)
    const bytes = encodeMessage(message)
    const unsent = { id: toHex(id), address: this.#formatted, message: bytes, sinceMs: Date.now() }
    await this.#outbox.add(unsent)
    try {
      const result = await this.#deliver(message, id, options)
      await this.#outbox.end(unsent, result.receipt)
      return result
    } catch (error) {
      if (error instanceof Refused) await this.#outbox.end(unsent)
      throw error
    }
  }

  async #deliver(message: Message, id: Uint8Array, options: DeliverOptions): Promise<SendResult> {
    await this.#slots.take(options.signal)
    try {
      const result = await this.#send(message, id, options)
      this.counts[result.verified ? 'accepted' : 'logged']++
      this.emit('sent', result)
      return result
    } catch (error) {
      if (error instanceof Refused) {
        this.counts.refused++
        this.emit('refused', { id: toHex(id), code: error.code })
      }
      throw error
    } finally {
      this.#slots.give()
    }
  }

  async #send(message: Message, id: Uint8Array, { wait = this.#wait, signal }: DeliverOptions): Promise<SendResult> {
    const started = performance.now()
    const { length } = message.value
    if (length > VALUE_HTTP_BYTES_MAX)
      throw new Refused(
        'too-large',
        undefined,
        `${length} bytes are more than any receiver takes (${VALUE_HTTP_BYTES_MAX})`,
      )
    const expected = { receiver: this.#address.receiver, id, check: this.#check }
    const parcel = new Parcel(message, expected, wait === 'logged', this.#onPutOff)
    const verdict = await this.#carry(parcel, signal)
    this.counts.attempts += parcel.attempts
    const { attempts } = parcel
    const sent = { id: toHex(id), address: this.#formatted, attempts, millis: performance.now() - started }
    if (verdict.kind === 'refused') throw new Refused(verdict.code, verdict.nowMs)
    if (verdict.kind === 'logged') return { ...sent, stage: 'logged', receipt: undefined, verified: false }
    if (wait === 'stored') await this.#stored(sent.id, signal)
    return { ...sent, stage: wait === 'stored' ? 'stored' : 'accepted', receipt: verdict.bytes, verified: true }
  }

  async #carry(parcel: Parcel, signal: AbortSignal | undefined): Promise<FinalVerdict> {
    this.#closing.signal.throwIfAborted() // it waited for its turn
    signal?.throwIfAborted()
    const onAbort = () => parcel.fail(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await this.#ways.carry(parcel)
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #stored(id: string, signal: AbortSignal | undefined): Promise<void> {
    const scope = this.#scope(signal)
    const { feedUrl } = await this.#ways.recordOnce(scope)
    if (feedUrl === undefined)
      throw new NoRecord("the receiver's record names no feed, so nobody can say what is stored")
    await awaitStored(feedUrl, id, scope, (why) => this.#onUseless(why))
  }

  get #author(): KeyPair {
    if (!this.#keys) throw new TypeError('a sender without keys only delivers what is signed')
    return this.#keys
  }

  #scope(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
  }

  #onUseless(why: string): void {
    this.counts.useless++
    this.#trouble = why
    this.emit('useless', why)
  }

  readonly #onAbort = (): void => this.#end(this.#signal?.reason)

  readonly #onPutOff = (code: RefusalCode): void => {
    this.putOff.set(code, (this.putOff.get(code) ?? 0) + 1)
  }

  #end(reason: unknown): void {
    this.#closing.abort(reason)
    this.#slots.close(reason)
    this.#ways.fail(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#end(new Closed('the sender was closed before an answer came'))
    await this.#ways[Symbol.asyncDispose]()
  }
}
