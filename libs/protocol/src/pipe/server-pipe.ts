import type { Row } from '../bus/row.ts'
import type { RefusalCode } from '../codes.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import type { Outgoing } from '../machine.ts'
import type { Timed } from './deadlines.ts'
import { FrameAllowance } from './frame-allowance.ts'
import type { QueuedPart } from './part-queue.ts'
import type { Part } from './parts.ts'
import { groupReceipts, type SendReceipt } from './receipts.ts'
import { ReplayWindow } from './replay-window.ts'
import type { ServerCounts, ServerEvents } from './server-options.ts'
import type { Session } from './session.ts'
import { type TapLoad, TapWindow } from './tap-window.ts'

/** Messages of one pipe that have no final answer yet; more are told to come again. */
export const SENDS_OPEN_MAX = 1024
/**
 * Answers and rows of one pipe that wait. A client that keeps to the rules has far fewer, however little comes through: its messages
 * without an answer and what its taps may have on their way bound them.
 */
const WAITING_MAX = 16_384
/** Taps of one pipe. */
const TAPS_MAX = 8
/** When to come again, milliseconds. */
const RETRY_MS = 1000
/** A client is not sent away for longer than this, milliseconds. */
const RETRY_MS_MAX = 600_000

/** What became of a message: `accepted` and `refused` are final, after `busy` the client sends it again. */
export type SendAnswer =
  | Readonly<{ stage: 'accepted'; receipt: Uint8Array }>
  | Readonly<{ stage: 'logged' }>
  | Readonly<{ stage: 'refused'; code: RefusalCode }>
  | Readonly<{ stage: 'busy'; code: RefusalCode; retryAfterMs: number }>

/** A client's pipe, as its router sees it. What it is told leaves with the server's next flush. */
export class ServerPipe implements Timed {
  slot = -1
  dueMs = 0
  /** As the router's tables have it. */
  readonly prefix: number | string
  readonly #session: Session
  readonly #events: ServerEvents
  readonly #counts: ServerCounts
  readonly #touch: (pipe: ServerPipe) => void
  readonly #load: TapLoad
  readonly #allowance: FrameAllowance
  readonly #sends = new ReplayWindow()
  readonly #open = new Set<number>() // BOUNDED by SENDS_OPEN_MAX
  readonly #tapIds = new ReplayWindow()
  readonly #taps = new Map<number, TapWindow>() // BOUNDED by TAPS_MAX
  #receipts: SendReceipt[] = [] // BOUNDED by WAITING_MAX
  #lastReceipts: QueuedPart | undefined

  constructor(parts: {
    session: Session
    prefix: number | string
    events: ServerEvents
    counts: ServerCounts
    load: TapLoad
    touch: (pipe: ServerPipe) => void
    nowMs: number
  }) {
    this.#session = parts.session
    this.prefix = parts.prefix
    this.#events = parts.events
    this.#counts = parts.counts
    this.#load = parts.load
    this.#touch = parts.touch
    this.#allowance = new FrameAllowance(parts.nowMs)
  }

  /** Where the client is now. */
  get address(): UdpAddress {
    return this.#session.address
  }

  get session(): Session {
    return this.#session
  }

  /** Messages without a final answer. */
  get openSends(): number {
    return this.#open.size
  }

  /** Whether the client asks for more than it acknowledges, beyond all bounds. */
  get isOverfull(): boolean {
    return this.#session.waiting + this.#receipts.length > WAITING_MAX
  }

  /** Says what became of a message. A final answer is given once; later ones are passed over. */
  answer(send: number, answer: SendAnswer, nowMs: number): void {
    if (!this.#open.has(send)) return
    if (answer.stage !== 'logged') this.#open.delete(send)
    this.#answer(send, answer, nowMs)
    this.#touch(this)
  }

  /**
   * How many rows {@link deliver} would take, of a common size. Where that is none for some time, the client is told that it is
   * behind.
   * @param position that the feed has reached, if there is more to send
   */
  room(tap: number, position: bigint, nowMs: number): number {
    const window = this.#taps.get(tap)
    const room = window?.room ?? 0
    if (window && room === 0 && window.tellBehind(nowMs)) {
      this.#counts.behind++
      this.#session.send({ type: 'behind', tap, position })
      this.#touch(this)
    }
    return room
  }

  /** Sends a row to a tap; rows of one tap come in the order of their positions. @returns false where there is no room */
  deliver(tap: number, row: Row): boolean {
    const window = this.#taps.get(tap)
    if (!window?.room) return false
    this.#counts.rows++
    window.deliver(row, (piece) => this.#session.send({ type: 'deliver', ...piece }))
    this.#touch(this)
    return true
  }

  /** The router does not follow a tap (any more). */
  endTap(tap: number, code: RefusalCode): void {
    this.#taps.get(tap)?.end()
    if (!this.#taps.delete(tap)) return
    this.#session.send({ type: 'tap-end', tap, code })
    this.#touch(this)
  }

  /** Tells the client to go elsewhere with what is new. */
  move(): void {
    this.#session.send({ type: 'move' })
    this.#touch(this)
  }

  /** Whether a frame may cost what it costs. New messages have limits of their own; of what else there is, no more than the allowance. */
  wants(parts: readonly Part[], nowMs: number): boolean {
    const isNew = parts.some((part) => part.type === 'send' && this.#sends.isFresh(part.send))
    return isNew || this.#allowance.take(this.#session.asked, nowMs)
  }

  /** @returns false when the client breaks the rules, and the pipe should end */
  handle(part: Part, nowMs: number): boolean {
    switch (part.type) {
      case 'send':
        this.#send(part.send, part.message, nowMs)
        return true
      case 'tap':
        this.#tap(part, nowMs)
        return true
      case 'untap':
        if (this.#tapIds.isFresh(part.tap)) this.#tapIds.mark(part.tap) // it overtook its TAP
        if (this.#deleteTap(part.tap)) this.#events.onUntap(this, part.tap, nowMs)
        return true
      case 'delivered':
        if (this.#taps.get(part.tap)?.delivered(part.position)) {
          this.#events.onRoom(this, part.tap, part.position, nowMs)
        }
        return true
      case 'ping':
      case 'ack':
      case 'close':
      case 'path-challenge':
      case 'path-response':
      case 'unknown':
        return true
      case 'move':
      case 'receipt':
      case 'logged':
      case 'refused':
      case 'busy':
      case 'tap-end':
      case 'deliver':
      case 'behind':
        return false // what only a router says
    }
  }

  /** The pipe is over. */
  closed(): void {
    for (const tap of this.#taps.keys()) this.#deleteTap(tap)
  }

  flush(nowMs: number, out: Outgoing[]): void {
    // Receipts stay apart while others wait for the window: the later they are put together, the more of them share a block.
    if (this.#receipts.length > 0 && !this.#lastReceipts?.waits) {
      for (const receipts of groupReceipts(this.#receipts)) {
        this.#lastReceipts = this.#session.sendSoon({ type: 'receipt', receipts })
      }
      this.#receipts = []
    }
    this.#session.flush(nowMs, out)
  }

  #send(send: number, message: Uint8Array, nowMs: number): void {
    if (!this.#sends.isFresh(send)) return // its frame was lost only in part, or came twice
    this.#sends.mark(send)
    this.#counts.sends++
    if (this.#open.size >= SENDS_OPEN_MAX) {
      this.#counts.overLimit++
      return this.#answer(send, { stage: 'busy', code: 'rate-limited', retryAfterMs: RETRY_MS }, nowMs)
    }
    this.#open.add(send)
    this.#events.onMessage(this, send, message, nowMs)
  }

  #deleteTap(tap: number): boolean {
    this.#taps.get(tap)?.close()
    return this.#taps.delete(tap)
  }

  #tap({ tap }: Part & { type: 'tap' }, nowMs: number): void {
    if (!this.#tapIds.isFresh(tap.tap)) return
    this.#tapIds.mark(tap.tap)
    if (this.#taps.size >= TAPS_MAX) {
      this.#counts.overLimit++
      this.#session.send({ type: 'tap-end', tap: tap.tap, code: 'rate-limited' })
      return
    }
    this.#taps.set(tap.tap, new TapWindow(tap.tap, this.#load))
    this.#events.onTap(this, tap, nowMs)
  }

  #answer(send: number, answer: SendAnswer, nowMs: number): void {
    const session = this.#session
    switch (answer.stage) {
      case 'accepted':
        this.#receipts.push({ send, receipt: answer.receipt })
        break
      case 'logged':
        session.sendSoon({ type: 'logged', send })
        break
      case 'refused':
        session.sendSoon({ type: 'refused', send, code: answer.code, routerMs: nowMs })
        break
      case 'busy': {
        const retryAfterMs = Math.min(Math.ceil(answer.retryAfterMs), RETRY_MS_MAX)
        session.sendSoon({ type: 'busy', send, code: answer.code, retryAfterMs })
        break
      }
    }
  }
}
