import { timingSafeEqual } from 'node:crypto'
import { equalBytes } from '../bytes/bytes.ts'
import type { Ending, PipeRouter } from './client-options.ts'
import type { Entry } from './outbox.ts'
import { WINDOW_NUMBERS } from './replay-window.ts'
import type { Reset } from './reset.ts'
import { SENDS_OPEN_MAX } from './server-pipe.ts'
import type { Session } from './session.ts'

/** The router remembers which sends it has seen so far back; ours stay well within. */
const SEND_SPAN_MAX = WINDOW_NUMBERS / 2
/** When something wants an answer and nothing comes for so long, the router is gone, milliseconds. */
const SILENT_MS = 4000
/** A pipe with taps says so often that it is there, milliseconds: NATs forget within thirty seconds. */
const KEEP_ALIVE_MS = 15_000
/** Answers of a pipe that was left are waited for so long, milliseconds. */
const LEAVE_MS = 10_000

/** An open pipe, as its client sees it: which messages were sent over it. */
export class ClientPipe {
  readonly session: Session
  readonly router: PipeRouter
  readonly openedMs: number
  /** When it was left for another; its answers are still taken for a while. */
  leftMs: number | undefined
  readonly #theirs: Uint8Array
  readonly #resetToken: Uint8Array
  readonly #sends = new Map<number, Entry>() // BOUNDED by SENDS_OPEN_MAX; ascending
  #nextSend = 0

  constructor(session: Session, router: PipeRouter, theirs: Uint8Array, resetToken: Uint8Array, nowMs: number) {
    this.session = session
    this.router = router
    this.openedMs = nowMs
    this.#theirs = theirs
    this.#resetToken = resetToken
  }

  /** Messages sent and not answered. */
  get open(): number {
    return this.#sends.size
  }

  get hasRoom(): boolean {
    for (const oldest of this.#sends.keys()) {
      return this.#sends.size < SENDS_OPEN_MAX && this.#nextSend - oldest < SEND_SPAN_MAX
    }
    return true
  }

  /** @param tapped whether taps want it kept alive @returns Unix milliseconds, infinite when nothing is due */
  deadline(tapped: boolean): number {
    const { deadline, askedMs, heardMs } = this.session
    const keepAliveMs = tapped && askedMs === undefined ? heardMs + KEEP_ALIVE_MS : Number.POSITIVE_INFINITY
    const silentMs = (askedMs ?? Number.POSITIVE_INFINITY) + SILENT_MS
    const leaveMs = (this.leftMs ?? Number.POSITIVE_INFINITY) + LEAVE_MS
    return Math.min(deadline ?? Number.POSITIVE_INFINITY, silentMs, leaveMs, keepAliveMs)
  }

  /** @param tapped as above @returns why the pipe should end, if it should */
  tick(tapped: boolean, nowMs: number): Ending | undefined {
    const { session } = this
    session.tick(nowMs)
    if (session.ended) return session.ended
    if ((session.askedMs ?? nowMs) + SILENT_MS <= nowMs) return 'silent'
    if ((this.leftMs ?? nowMs) + LEAVE_MS <= nowMs) return 'done'
    if (tapped && session.askedMs === undefined && session.heardMs + KEEP_ALIVE_MS <= nowMs)
      session.send({ type: 'ping' }, false)
    return undefined
  }

  send(entry: Entry): NonNullable<Entry['sent']> {
    const send = this.#nextSend++
    this.#sends.set(send, entry)
    return { pipe: this, send, part: this.session.send({ type: 'send', send, message: entry.message }) }
  }

  entryOf(send: number): Entry | undefined {
    return this.#sends.get(send)
  }

  forget(send: number): void {
    this.#sends.delete(send)
  }

  /** All that were not answered, in the order of sending. */
  takeAll(): Entry[] {
    const entries = [...this.#sends.values()]
    this.#sends.clear()
    return entries
  }

  /** Whether this RESET is from somebody who may end the pipe. */
  isEndedBy(reset: Reset): boolean {
    return equalBytes(reset.id, this.#theirs) && timingSafeEqual(reset.token, this.#resetToken)
  }
}
