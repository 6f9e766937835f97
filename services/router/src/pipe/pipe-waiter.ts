import { isTemporary, type SendAnswer, type ServerPipe } from '@p2pmsg/protocol'
import type { Outcome, Waiter } from '../edge/outcome.ts'

/** Whoever is refused for a while without a word on how long comes again after this, milliseconds. */
const RETRY_MS = 1000

/** A SEND of a pipe, which is told over the pipe: several answers leave together, with the pipe's next flush. */
export class PipeWaiter implements Waiter {
  readonly #pipe: ServerPipe
  readonly #send: number

  constructor(pipe: ServerPipe, send: number) {
    this.#pipe = pipe
    this.#send = send
  }

  tell(outcome: Outcome, nowMs: number): undefined {
    this.#pipe.answer(this.#send, answerOf(outcome), nowMs)
  }

  /** Each SEND wants its own answer. */
  isSame(other: Waiter): boolean {
    return other === this
  }
}

function answerOf(outcome: Outcome): SendAnswer {
  if (outcome.stage === 'accepted') return { stage: 'accepted', receipt: outcome.receipt }
  if (outcome.stage === 'logged') return { stage: 'logged' }
  const { code, retryAfterMs = RETRY_MS } = outcome
  return isTemporary(code) ? { stage: 'busy', code, retryAfterMs } : { stage: 'refused', code }
}
