import type { UdpAddress } from '../krpc/compact.ts'
import type { Machine, Outgoing } from '../machine.ts'
import {
  type Ending,
  newClientCounts,
  type PipeClientOptions,
  type PipeRouter,
  type PipeSendKey,
  type PipeTapKey,
  type TapWish,
} from './client-options.ts'
import { ClientParts } from './client-parts.ts'
import type { ClientPipe } from './client-pipe.ts'
import { ClientPipes } from './client-pipes.ts'
import { ClientTaps } from './client-taps.ts'
import { Dial } from './dial.ts'
import { parseFrameHeader } from './frame.ts'
import { Outbox } from './outbox.ts'
import { parseReset } from './reset.ts'
import { FRAME, PART_HEADER_BYTES, PARTS_BYTES_MAX, RESET, WELCOME } from './sizes.ts'

/** A message that fits a SEND in one frame, bytes. */
export const PIPE_MESSAGE_BYTES_MAX = PARTS_BYTES_MAX - PART_HEADER_BYTES - 4

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
  readonly #parts: ClientParts
  readonly #dial: Dial
  readonly #pipes = new ClientPipes()
  #closed = false

  constructor(options: PipeClientOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.random)
    this.#taps = new ClientTaps(options)
    this.#parts = new ClientParts(options, this.counts, this.#outbox, this.#taps)
    this.#dial = new Dial(options, this.counts)
  }

  /** Messages without a final answer. */
  get size(): number {
    return this.#outbox.size
  }

  /** The router that is talked to. */
  get router(): PipeRouter | undefined {
    return this.#pipes.open?.router
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
    if (this.#pipes.open) this.#taps.open(this.#pipes.open)
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
    this.#dial.setRouters(routers)
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
      this.#dial.deadline ?? (this.#wantsPipe ? this.#dial.atMs : Number.POSITIVE_INFINITY),
      this.#outbox.deadline ?? Number.POSITIVE_INFINITY,
    )
    for (const pipe of this.#pipes) deadline = Math.min(deadline, pipe.deadline(this.#taps.size > 0))
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline
  }

  tick(nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    if (this.#closed) return out
    for (const pipe of this.#pipes) {
      const ending = pipe.tick(this.#taps.size > 0, nowMs)
      if (ending) this.#end(pipe, ending, nowMs, out)
    }
    this.#outbox.tick(nowMs)
    this.#dial.tick(nowMs, out)
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
    for (const pipe of this.#pipes) pipe.session.close('done', nowMs, out)
    this.#closed = true
    return out
  }

  /** There is something to open a pipe for, and none is open. */
  get #wantsPipe(): boolean {
    return !this.#pipes.open && (this.#outbox.size > 0 || this.#taps.size > 0)
  }

  /** After anything that happened: what is over ends, what is wanted begins, what may leave leaves. */
  #go(nowMs: number, out: Outgoing[]): void {
    if (this.#closed) return
    for (const pipe of this.#pipes.left) if (pipe.open === 0) this.#end(pipe, 'done', nowMs, out)
    if (this.#wantsPipe) this.#dial.begin(nowMs, out)
    const pipe = this.#pipes.open
    if (pipe) {
      for (let next = this.#outbox.next; next && pipe.hasRoom; next = this.#outbox.next) {
        this.counts.sends++
        this.#outbox.sent(next, pipe.send(next), nowMs)
      }
    }
    for (const each of this.#pipes) {
      each.session.flush(nowMs, out)
      if (each.session.ended) this.#end(each, each.session.ended, nowMs, out)
    }
  }

  #reply(bytes: Uint8Array, nowMs: number, out: Outgoing[]): void {
    const pipe = this.#dial.reply(bytes, nowMs, out)
    if (typeof pipe === 'string') return this.#fault(pipe)
    if (!pipe) return
    this.counts.opened++
    this.#pipes.open = pipe
    pipe.session.send({ type: 'ping' }, false) // the router's side is open with the first frame, whatever is in it
    this.#taps.open(pipe)
    this.#options.onState?.({ state: 'open', router: pipe.router }, nowMs)
  }

  #frame(bytes: Uint8Array, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const header = parseFrameHeader(bytes)
    if (!header.ok) return this.#fault(header.fault)
    const pipe = this.#pipes.ofFrame(header.value.id)
    if (!pipe) return this.#fault('unknown-pipe')
    const parts = pipe.session.receive(bytes, header.value.counter, from, nowMs)
    if (!parts.ok) {
      this.#fault(parts.fault)
      if (parts.fault !== 'forged' && parts.fault !== 'replayed') this.#end(pipe, 'protocol-error', nowMs, out)
      return
    }
    for (const part of parts.value) {
      const next = this.#parts.read(pipe, part, nowMs)
      if (next === 'move') this.#leave(pipe, nowMs)
      else if (next === 'protocol-error') return this.#end(pipe, next, nowMs, out)
      else if (next !== 'on') return this.#over(pipe, next.closed, nowMs)
    }
  }

  #reset(bytes: Uint8Array, nowMs: number): void {
    const reset = parseReset(bytes)
    if (!reset.ok) return this.#fault(reset.fault)
    const pipe = this.#pipes.ofReset(reset.value)
    if (pipe) this.#over(pipe, 'reset', nowMs)
    else this.#fault('stray-reset')
  }

  /** New messages and the taps go to another router; what was sent here is still answered here. */
  #leave(pipe: ClientPipe, nowMs: number): void {
    if (pipe !== this.#pipes.open) return
    this.#taps.leave(pipe)
    this.#dial.moved(nowMs)
    const eldest = this.#pipes.leave(nowMs)
    if (eldest) this.#over(eldest, 'moving', nowMs)
  }

  /** We end a pipe, or its session has ended by itself: the router is told where it still can be. */
  #end(pipe: ClientPipe, reason: Ending, nowMs: number, out: Outgoing[]): void {
    if (reason === 'done' || reason === 'protocol-error' || reason === 'spent') pipe.session.close(reason, nowMs, out)
    this.#over(pipe, reason, nowMs)
  }

  #over(pipe: ClientPipe, reason: Ending, nowMs: number): void {
    this.#taps.leave(pipe)
    this.#outbox.takeBack(pipe.takeAll())
    this.counts.closed[reason] = (this.counts.closed[reason] ?? 0) + 1
    if (this.#pipes.delete(pipe)) this.#dial.ended(pipe, reason, nowMs)
    this.#options.onState?.({ state: 'closed', router: pipe.router, reason }, nowMs)
  }

  #fault(fault: string): void {
    this.counts.faults[fault] = (this.counts.faults[fault] ?? 0) + 1
  }
}
