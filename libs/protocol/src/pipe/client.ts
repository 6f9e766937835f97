import { equalBytes } from '../bytes/bytes.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import type { Machine, Outgoing } from '../machine.ts'
import { Attempt } from './attempt.ts'
import {
  newClientCounts,
  type PipeAnswer,
  type PipeClientOptions,
  type PipeRouter,
  type PipeSendKey,
  type PipeTapKey,
  type TapWish,
} from './client-options.ts'
import { ClientPipe } from './client-pipe.ts'
import { ClientTaps } from './client-taps.ts'
import { parseFrameHeader } from './frame.ts'
import { type HelloReply, parseHelloReply } from './handshake.ts'
import { type Entry, Outbox } from './outbox.ts'
import type { Part } from './parts.ts'
import { Reconnect } from './reconnect.ts'
import { parseReset } from './reset.ts'
import { type EndReason, Session } from './session.ts'
import { FRAME, PART_HEADER_BYTES, PARTS_BYTES_MAX, RESET, WELCOME } from './sizes.ts'

/** A message that fits a SEND in one frame, bytes. */
export const PIPE_MESSAGE_BYTES_MAX = PARTS_BYTES_MAX - PART_HEADER_BYTES - 4
/** When something wants an answer and nothing comes for so long, the router is gone, milliseconds. */
const SILENT_MS = 4000
/** A pipe with taps says so often that it is there, milliseconds: NATs forget within thirty seconds. */
const KEEP_ALIVE_MS = 15_000
/** Answers of a pipe that was left are waited for so long, milliseconds. */
const LEAVE_MS = 10_000
/** Pipes left and not yet over; the one left first is ended beyond. */
const LEFT_MAX = 2

type Ending = EndReason | 'reset' | 'silent'

/**
 * A client's pipes to a cluster of routers, without I/O: one that is open or being opened, and those that were left for it.
 * It goes on by itself until each message has its final answer, over whichever router lives. Its owner calls `flush` after
 * `send`, `tap`, `untap` or `delivered`, so that what was said together leaves together.
 */
export class PipeClient implements Machine {
  readonly counts = newClientCounts()
  readonly #options: PipeClientOptions
  readonly #outbox: Outbox
  readonly #taps: ClientTaps
  readonly #reconnect: Reconnect
  readonly #left = new Set<ClientPipe>() // BOUNDED by LEFT_MAX
  #attempt: Attempt | undefined
  #pipe: ClientPipe | undefined
  #closed = false

  constructor(options: PipeClientOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.random)
    this.#taps = new ClientTaps(options)
    this.#reconnect = new Reconnect(options.routers, options.random)
  }

  /** Messages without a final answer. */
  get size(): number {
    return this.#outbox.size
  }

  /** The router that is talked to. */
  get router(): PipeRouter | undefined {
    return this.#pipe?.router
  }

  /**
   * @param message at most {@link PIPE_MESSAGE_BYTES_MAX} bytes (a larger one is the caller's defect)
   * @returns what its answers are told with, or undefined when the outbox is full
   */
  send(message: Uint8Array): PipeSendKey | undefined {
    if (message.length > PIPE_MESSAGE_BYTES_MAX) throw new RangeError(`${message.length} bytes do not fit a frame`)
    const key = this.#closed ? undefined : this.#outbox.add(message)
    if (key === undefined) this.counts.full++
    return key
  }

  /** Nobody wants to know any more; it may have been sent all the same. */
  cancel(key: PipeSendKey): void {
    const entry = this.#outbox.get(key)
    if (entry) this.#outbox.delete(entry)
  }

  tap(wish: TapWish): PipeTapKey {
    const key = this.#taps.add(wish)
    if (this.#pipe) this.#taps.open(this.#pipe)
    return key
  }

  untap(key: PipeTapKey): void {
    this.#taps.delete(key)
  }

  /** All rows of a tap up to here are kept. */
  delivered(key: PipeTapKey, position: bigint): void {
    this.#taps.delivered(key, position)
  }

  /** The routers of a newer record. An open pipe stays. */
  setRouters(routers: readonly PipeRouter[]): void {
    this.#reconnect.setRouters(routers)
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    if (bytes[0] === FRAME) this.#frame(bytes, from, nowMs, out)
    else if (bytes[0] === WELCOME) this.#reply(bytes, nowMs, out)
    else if (bytes[0] === RESET) this.#reset(bytes, nowMs)
    else this.#fault('not-for-clients')
    this.#go(nowMs, out)
    return out
  }

  get deadline(): number | undefined {
    if (this.#closed) return undefined
    let deadline = Math.min(
      this.#attempt?.dueMs ?? Number.POSITIVE_INFINITY,
      this.#outbox.deadline ?? Number.POSITIVE_INFINITY,
      this.#isIdle ? Number.POSITIVE_INFINITY : this.#reconnect.atMs,
    )
    for (const pipe of this.#pipes()) {
      deadline = Math.min(
        deadline,
        pipe.session.deadline ?? deadline,
        (pipe.session.askedMs ?? Number.POSITIVE_INFINITY) + SILENT_MS,
        (pipe.leftMs ?? Number.POSITIVE_INFINITY) + LEAVE_MS,
        this.#wantsKeepAlive(pipe) ? pipe.session.heardMs + KEEP_ALIVE_MS : Number.POSITIVE_INFINITY,
      )
    }
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline
  }

  tick(nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    if (this.#closed) return out
    for (const pipe of this.#pipes()) this.#tickPipe(pipe, nowMs, out)
    this.#outbox.tick(nowMs)
    if (this.#attempt && this.#attempt.dueMs <= nowMs) this.#hello(this.#attempt, nowMs, out)
    this.#go(nowMs, out)
    return out
  }

  /** Sends what was said since the last call, as far as it may. */
  flush(nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    this.#go(nowMs, out)
    return out
  }

  /** Ends everything; messages without an answer get none. */
  close(nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = [...this.flush(nowMs)]
    for (const pipe of this.#pipes()) pipe.session.close('done', nowMs, out)
    this.#closed = true
    return out
  }

  *#pipes(): Iterable<ClientPipe> {
    if (this.#pipe) yield this.#pipe
    yield* this.#left
  }

  /** Nothing to open a pipe for, or one is there or under way. */
  get #isIdle(): boolean {
    if (this.#pipe || this.#attempt) return true
    return this.#outbox.size === 0 && this.#taps.size === 0
  }

  /** After anything that happened: what is over ends, what is wanted begins, what may leave leaves. */
  #go(nowMs: number, out: Outgoing[]): void {
    if (this.#closed) return
    for (const pipe of this.#left) if (pipe.open === 0) this.#closePipe(pipe, 'done', nowMs, out)
    if (!this.#isIdle && nowMs >= this.#reconnect.atMs) this.#connect(nowMs, out)
    const pipe = this.#pipe
    if (pipe) {
      for (let next = this.#outbox.next; next && pipe.hasRoom; next = this.#outbox.next) {
        this.counts.sends++
        this.#outbox.sent(next, pipe.send(next), nowMs)
      }
    }
    for (const each of this.#pipes()) {
      each.session.flush(nowMs, out)
      if (each.session.ended) this.#ended(each, each.session.ended, nowMs, out)
    }
  }

  #connect(nowMs: number, out: Outgoing[]): void {
    this.#attempt = new Attempt(this.#reconnect.router, this.#options.random, nowMs)
    this.#hello(this.#attempt, nowMs, out)
  }

  #hello(attempt: Attempt, nowMs: number, out: Outgoing[]): void {
    const hello = attempt.hello(nowMs)
    if (!hello) return this.#unreachable(nowMs)
    this.counts.hellos++
    out.push(hello)
  }

  #unreachable(nowMs: number): void {
    this.#attempt = undefined
    this.#reconnect.failed(nowMs)
    this.#options.onState?.({ state: 'unreachable', againMs: this.#reconnect.atMs }, nowMs)
  }

  #reply(bytes: Uint8Array, nowMs: number, out: Outgoing[]): void {
    const reply = parseHelloReply(bytes)
    if (!reply.ok) return this.#fault(reply.fault)
    const attempt = this.#attempt
    if (!attempt || !equalBytes(attempt.id, reply.value.id)) return this.#fault('stray-reply')
    if (reply.value.kind === 'welcome') return this.#open(attempt, reply.value, nowMs)
    const again = attempt.withCookie(reply.value.cookie)
    if (!again) return this.#fault('too-many-cookies')
    this.counts.cookies++
    out.push(again)
  }

  #open(attempt: Attempt, reply: HelloReply & { kind: 'welcome' }, nowMs: number): void {
    const opened = attempt.open(reply, nowMs)
    if (!opened) {
      // What a forged answer has been mixed into cannot read the true one any more: the next attempt begins anew.
      this.#fault('forged-welcome')
      this.#attempt = undefined
      return this.#reconnect.failed(nowMs)
    }
    const { welcome, keys, roundTripMs } = opened
    const { random, framesMax } = this.#options
    const session = new Session({
      ours: attempt.id,
      theirs: welcome.id,
      sendKey: keys.fromInitiator,
      receiveKey: keys.fromResponder,
      address: attempt.router.address,
      proved: true,
      roams: false,
      idleMs: welcome.idleSeconds * 1000,
      random,
      nowMs,
      framesMax,
    })
    if (roundTripMs !== undefined) session.recovery.measured(roundTripMs)
    this.#attempt = undefined
    this.counts.opened++
    const pipe = new ClientPipe(session, attempt.router, welcome.id, welcome.resetToken, nowMs)
    this.#pipe = pipe
    session.send({ type: 'ping' }, false) // the router's side is open with the first frame, whatever is in it
    this.#taps.open(pipe)
    this.#options.onState?.({ state: 'open', router: pipe.router }, nowMs)
  }

  #frame(bytes: Uint8Array, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const header = parseFrameHeader(bytes)
    if (!header.ok) return this.#fault(header.fault)
    for (const pipe of this.#pipes()) {
      if (!equalBytes(pipe.session.ours, header.value.id)) continue
      const parts = pipe.session.receive(bytes, header.value.counter, from, nowMs)
      if (!parts.ok) {
        this.#fault(parts.fault)
        if (parts.fault !== 'forged' && parts.fault !== 'replayed') this.#closePipe(pipe, 'protocol-error', nowMs, out)
        return
      }
      return this.#handle(pipe, parts.value, nowMs, out)
    }
    this.#fault('unknown-pipe')
  }

  #handle(pipe: ClientPipe, parts: readonly Part[], nowMs: number, out: Outgoing[]): void {
    for (const part of parts) {
      if (part.type === 'close') return this.#ended(pipe, part.reason, nowMs, out)
      if (!this.#part(pipe, part, nowMs)) return this.#closePipe(pipe, 'protocol-error', nowMs, out)
    }
  }

  /** @returns false when the router breaks the rules */
  #part(pipe: ClientPipe, part: Part, nowMs: number): boolean {
    switch (part.type) {
      case 'receipt':
        for (const { send, receipt } of part.receipts) this.#answer(pipe, send, { stage: 'accepted', receipt }, nowMs)
        return true
      case 'logged':
        this.#answer(pipe, part.send, { stage: 'logged' }, nowMs)
        return true
      case 'refused':
        this.#answer(pipe, part.send, { stage: 'refused', code: part.code, routerMs: part.routerMs }, nowMs)
        return true
      case 'busy':
        this.#answer(pipe, part.send, { stage: 'busy', code: part.code, retryAfterMs: part.retryAfterMs }, nowMs)
        return true
      case 'deliver': {
        const rows = this.#taps.deliver(pipe, part, nowMs)
        this.counts.rows += rows ?? 0
        return rows !== undefined
      }
      case 'tap-end':
        this.#taps.end(pipe, part.tap, part.code, nowMs)
        return true
      case 'behind':
        this.#taps.behind(pipe, part.tap, part.position, nowMs)
        return true
      case 'move':
        this.#leave(pipe, nowMs)
        return true
      case 'ping':
      case 'ack':
      case 'close':
      case 'path-challenge':
      case 'path-response':
      case 'unknown':
        return true
      case 'send':
      case 'tap':
      case 'untap':
      case 'delivered':
        return false // what only a client says
    }
  }

  #answer(pipe: ClientPipe, send: number, answer: PipeAnswer, nowMs: number): void {
    const entry: Entry | undefined = pipe.entryOf(send)
    if (!entry) return // answered before, or cancelled
    if (answer.stage === 'busy') this.#outbox.putOff(entry, answer.retryAfterMs, nowMs)
    else if (answer.stage !== 'logged') this.#outbox.delete(entry)
    this.#options.onAnswer(entry.key, answer, nowMs)
  }

  #reset(bytes: Uint8Array, nowMs: number): void {
    const reset = parseReset(bytes)
    if (!reset.ok) return this.#fault(reset.fault)
    for (const pipe of this.#pipes()) if (pipe.isEndedBy(reset.value)) return this.#over(pipe, 'reset', nowMs)
    this.#fault('stray-reset')
  }

  #tickPipe(pipe: ClientPipe, nowMs: number, out: Outgoing[]): void {
    const { session } = pipe
    session.tick(nowMs)
    if (session.ended) return this.#ended(pipe, session.ended, nowMs, out)
    if ((session.askedMs ?? nowMs) + SILENT_MS <= nowMs) return this.#over(pipe, 'silent', nowMs)
    if ((pipe.leftMs ?? nowMs) + LEAVE_MS <= nowMs) return this.#closePipe(pipe, 'done', nowMs, out)
    if (this.#wantsKeepAlive(pipe) && session.heardMs + KEEP_ALIVE_MS <= nowMs) session.send({ type: 'ping' }, false)
  }

  #wantsKeepAlive(pipe: ClientPipe): boolean {
    return this.#taps.size > 0 && pipe.session.askedMs === undefined
  }

  /** New messages and the taps go to another router; what was sent here is still answered here. */
  #leave(pipe: ClientPipe, nowMs: number): void {
    if (pipe !== this.#pipe) return
    this.#pipe = undefined
    pipe.leftMs = nowMs
    this.#taps.leave(pipe)
    this.#reconnect.next(nowMs)
    const [first] = this.#left
    if (first && this.#left.size >= LEFT_MAX) this.#over(first, 'moving', nowMs)
    this.#left.add(pipe)
  }

  #closePipe(pipe: ClientPipe, reason: 'done' | 'protocol-error', nowMs: number, out: Outgoing[]): void {
    pipe.session.close(reason, nowMs, out)
    this.#over(pipe, reason, nowMs)
  }

  /** The session has ended by itself, or the router has ended it. */
  #ended(pipe: ClientPipe, reason: EndReason, nowMs: number, out: Outgoing[]): void {
    if (pipe.session.ended === 'spent') pipe.session.close('spent', nowMs, out)
    this.#over(pipe, reason, nowMs)
  }

  #over(pipe: ClientPipe, reason: Ending, nowMs: number): void {
    this.#taps.leave(pipe)
    this.#outbox.takeBack(pipe.takeAll())
    this.#left.delete(pipe)
    this.counts.closed[reason] = (this.counts.closed[reason] ?? 0) + 1
    if (this.#pipe === pipe) {
      this.#pipe = undefined
      this.#reconnect.ended(reason, nowMs - pipe.openedMs, nowMs)
    }
    this.#options.onState?.({ state: 'closed', router: pipe.router, reason }, nowMs)
  }

  #fault(fault: string): void {
    this.counts.faults[fault] = (this.counts.faults[fault] ?? 0) + 1
  }
}
