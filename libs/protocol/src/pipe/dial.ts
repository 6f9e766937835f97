import { equalBytes } from '../bytes/bytes.ts'
import type { Outgoing } from '../machine.ts'
import { Attempt } from './attempt.ts'
import type { ClientCounts, Ending, PipeClientOptions, PipeRouter } from './client-options.ts'
import { ClientPipe } from './client-pipe.ts'
import { type HelloReply, parseHelloReply } from './handshake.ts'
import { Reconnect } from './reconnect.ts'
import { Session } from './session.ts'

/** A client's way to a pipe: one handshake at a time, with one router after the other. */
export class Dial {
  readonly #options: PipeClientOptions
  readonly #counts: ClientCounts
  readonly #reconnect: Reconnect
  #attempt: Attempt | undefined

  constructor(options: PipeClientOptions, counts: ClientCounts) {
    this.#options = options
    this.#counts = counts
    this.#reconnect = new Reconnect(options.routers, options.random)
  }

  /** Others than before begin at their first: who is being asked may not be among them. */
  setRouters(routers: readonly PipeRouter[]): void {
    if (this.#reconnect.setRouters(routers)) this.#attempt = undefined
  }

  /** When the handshake under way goes on; undefined when there is none. */
  get deadline(): number | undefined {
    return this.#attempt?.dueMs
  }

  /** When a handshake may begin, Unix milliseconds. */
  get atMs(): number {
    return this.#reconnect.atMs
  }

  /** Begins a handshake, if none is under way and its time has come. */
  begin(nowMs: number, out: Outgoing[]): void {
    if (this.#attempt || nowMs < this.#reconnect.atMs) return
    this.#attempt = new Attempt(this.#reconnect.router, this.#options.random, nowMs)
    this.#hello(this.#attempt, nowMs, out)
  }

  tick(nowMs: number, out: Outgoing[]): void {
    if (this.#attempt && this.#attempt.dueMs <= nowMs) this.#hello(this.#attempt, nowMs, out)
  }

  /** A welcome or a cookie. @returns the pipe, when there is one now; else why it was of no use, or nothing to say */
  reply(bytes: Uint8Array, nowMs: number, out: Outgoing[]): ClientPipe | string | undefined {
    const reply = parseHelloReply(bytes)
    if (!reply.ok) return reply.fault
    const attempt = this.#attempt
    if (!attempt || !equalBytes(attempt.id, reply.value.id)) return 'stray-reply'
    if (reply.value.kind === 'welcome') return this.#open(attempt, reply.value, nowMs)
    const again = attempt.withCookie(reply.value.cookie)
    if (!again) return 'too-many-cookies'
    this.#counts.cookies++
    out.push(again)
    return undefined
  }

  /** The router wants its client to go to another. */
  moved(nowMs: number): void {
    this.#reconnect.next(nowMs)
  }

  ended(pipe: ClientPipe, reason: Ending, nowMs: number): void {
    this.#reconnect.ended(reason, nowMs - pipe.openedMs, nowMs)
  }

  #hello(attempt: Attempt, nowMs: number, out: Outgoing[]): void {
    const hello = attempt.hello(nowMs)
    if (!hello) return this.#unreachable(nowMs)
    this.#counts.hellos++
    out.push(hello)
  }

  #unreachable(nowMs: number): void {
    this.#attempt = undefined
    this.#reconnect.failed(nowMs)
    this.#options.onState?.({ state: 'unreachable', againMs: this.#reconnect.atMs }, nowMs)
  }

  #open(attempt: Attempt, reply: HelloReply & { kind: 'welcome' }, nowMs: number): ClientPipe | string {
    this.#attempt = undefined
    const opened = attempt.open(reply, nowMs)
    if (!opened) {
      // What a forged answer has been mixed into cannot read the true one any more: the next attempt begins anew.
      this.#reconnect.failed(nowMs)
      return 'forged-welcome'
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
    return new ClientPipe(session, attempt.router, welcome.id, welcome.resetToken, nowMs)
  }
}
