import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from '@p2pmsg/protocol'
import { Refused } from '../../failures.ts'
import type { Sender } from '../../sender.ts'

/** Messages of one run: what their times may take of memory, 8 bytes each. */
export const MESSAGES_MAX = 1_000_000
/** Messages that are signed before the clock starts, and how long that may take, milliseconds; later ones are signed as they go. */
const SIGNED_MAX = 50_000
const SIGNING_MS_MAX = 2_000
/** Signed in one go, so that Ctrl-C is heard between. */
const SIGNED_AT_ONCE = 500
/** After the last message was sent, answers are waited for at most so long, milliseconds. */
const LAST_MS_MAX = 30_000

export type LoadOptions = Readonly<{
  sender: Sender
  /** In flight at once. */
  window: number
  /** Messages at most, up to MESSAGES_MAX. */
  count: number
  /** No message is sent after this; undefined = until `count`. */
  seconds: number | undefined
  /** Messages due a second; undefined = each as soon as there is room in the window. */
  perSecond: number | undefined
  /** What the nth says. */
  text: (nth: number) => string
  signal: AbortSignal
}>

/** A run of messages through a sender, and what became of them so far. */
export class Load {
  readonly #options: LoadOptions
  readonly #signed: Message[] = [] // BOUNDED by SIGNED_MAX
  readonly #over = new AbortController()
  #next = 0
  #startedMs = 0
  #endedMs: number | undefined
  /** From when a message was due to its receipt, milliseconds. BOUNDED by MESSAGES_MAX */
  readonly latencies: number[] = []
  /** Final refusals by code. BOUNDED by the codes there are */
  readonly refused = new Map<string, number>()
  /** Sent, and nothing known of them when the run was over. */
  unanswered = 0

  constructor(options: LoadOptions) {
    this.#options = options
  }

  /** Since the clock started, seconds. */
  get seconds(): number {
    return this.#startedMs === 0 ? 0 : ((this.#endedMs ?? performance.now()) - this.#startedMs) / 1000
  }

  /** Signs what is sent first, without sending it. */
  async sign(): Promise<void> {
    const { count, seconds, perSecond, signal } = this.#options
    const due = seconds !== undefined && perSecond !== undefined ? Math.ceil(seconds * perSecond) : count
    const wanted = Math.min(count, due, SIGNED_MAX)
    const enough = performance.now() + SIGNING_MS_MAX
    while (this.#signed.length < wanted && performance.now() < enough && !signal.aborted) {
      const end = Math.min(wanted, this.#signed.length + SIGNED_AT_ONCE)
      while (this.#signed.length < end) this.#signed.push(this.#compose(this.#signed.length))
      await new Promise(setImmediate)
    }
  }

  /** Ends when all have their answers, or the time is over; or at the signal, at once and without an error. */
  async run(): Promise<void> {
    const { window, seconds, signal } = this.#options
    this.#startedMs = performance.now()
    const end = seconds === undefined ? Infinity : this.#startedMs + seconds * 1000
    const halt = () => this.#over.abort()
    signal.addEventListener('abort', halt, { once: true })
    if (signal.aborted) halt()
    const lanes = Promise.all(Array.from({ length: window }, () => this.#lane(end)))
    const late = seconds === undefined ? undefined : setTimeout(halt, seconds * 1000 + LAST_MS_MAX)
    try {
      await lanes
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', halt)
      this.#endedMs = performance.now()
    }
  }

  /** One place in the window. */
  async #lane(endMs: number): Promise<void> {
    const { count, perSecond } = this.#options
    while (this.#next < count && !this.#over.signal.aborted) {
      const nth = this.#next++
      const dueMs = perSecond === undefined ? performance.now() : this.#startedMs + (nth * 1000) / perSecond
      if (Math.max(dueMs, performance.now()) >= endMs) return
      await this.#until(dueMs)
      if (!this.#over.signal.aborted) await this.#deliver(this.#signed[nth] ?? this.#compose(nth), dueMs)
    }
  }

  async #until(dueMs: number): Promise<void> {
    const wait = dueMs - performance.now()
    if (wait > 0) await sleep(wait, undefined, { signal: this.#over.signal }).catch(() => undefined)
  }

  async #deliver(message: Message, dueMs: number): Promise<void> {
    try {
      await this.#options.sender.deliver(message, { signal: this.#over.signal })
      this.latencies.push(performance.now() - dueMs)
    } catch (error) {
      if (error instanceof Refused) this.refused.set(error.code, (this.refused.get(error.code) ?? 0) + 1)
      else if (this.#over.signal.aborted) this.unanswered++
      else throw error
    }
  }

  #compose(nth: number): Message {
    return this.#options.sender.compose({ text: this.#options.text(nth) })
  }
}
