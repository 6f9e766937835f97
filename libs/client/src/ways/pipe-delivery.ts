import type { PipeAnswer } from '@p2pmsg/protocol'
import { resendMs } from '../backoff.ts'
import type { PipeSocket } from '../pipe/pipe-socket.ts'
import { type Verdict, verdictOfStage } from '../verdict.ts'
import type { Parcel } from './parcel.ts'

/** One message over a pipe, which repeats it by itself; what comes back is judged here. */
export class PipeDelivery {
  readonly #parcel: Parcel
  readonly #onUseless: (why: string) => void
  #socket: PipeSocket | undefined
  #callOff: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #useless = 0

  constructor(parcel: Parcel, onUseless: (why: string) => void) {
    this.#parcel = parcel
    this.#onUseless = onUseless
  }

  send(socket: PipeSocket): void {
    this.#socket = socket
    this.#parcel.attempts++
    this.#callOff = socket.send(this.#parcel.bytes, this.#answered)
    if (!this.#callOff) this.#again('the pipe has more messages waiting than it keeps')
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#callOff?.()
  }

  readonly #answered = (answer: PipeAnswer): void => {
    const verdict = this.#verdictOf(answer)
    switch (verdict.kind) {
      case 'accepted':
      case 'refused':
        return this.#parcel.settle(verdict)
      case 'logged':
        return this.#parcel.untilLogged ? this.#parcel.settle(verdict) : undefined
      case 'useless':
        return this.#again(verdict.why)
      case 'later':
      case 'bad-token':
        if (verdict.kind === 'later') this.#parcel.onPutOff(verdict.code)
        this.#parcel.attempts++ // the pipe sends it again when it was told to
    }
  }

  #verdictOf(answer: PipeAnswer): Verdict {
    switch (answer.stage) {
      case 'accepted':
        return verdictOfStage('accepted', answer.receipt, this.#parcel.expected)
      case 'logged':
        return { kind: 'logged' }
      case 'refused':
        return { kind: 'refused', code: answer.code, nowMs: answer.routerMs }
      case 'busy':
        return { kind: 'later', code: answer.code, retryAfterMs: answer.retryAfterMs }
    }
  }

  /** For the pipe that was the end of it. */
  #again(why: string): void {
    this.#callOff = undefined
    this.#onUseless(why)
    this.#timer = setTimeout(
      () => {
        if (this.#socket) this.send(this.#socket)
      },
      resendMs(this.#useless++),
    )
  }
}
