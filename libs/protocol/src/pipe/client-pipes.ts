import { equalBytes } from '../bytes/bytes.ts'
import type { ClientPipe } from './client-pipe.ts'
import type { Reset } from './reset.ts'

/** Pipes left and not yet over; the one left first is ended beyond. */
const LEFT_MAX = 2

/** A client's pipes: the one that new messages go to, and those that were left for it and may still answer. */
export class ClientPipes {
  readonly #left = new Set<ClientPipe>() // BOUNDED by LEFT_MAX
  open: ClientPipe | undefined;

  *[Symbol.iterator](): Iterator<ClientPipe> {
    if (this.open) yield this.open
    yield* this.#left
  }

  get left(): Iterable<ClientPipe> {
    return this.#left
  }

  /** Nothing new goes to the open pipe any more. @returns one that has to go for it */
  leave(nowMs: number): ClientPipe | undefined {
    const pipe = this.open
    if (!pipe) return undefined
    const [first] = this.#left
    this.open = undefined
    pipe.leftMs = nowMs
    this.#left.add(pipe)
    return this.#left.size > LEFT_MAX ? first : undefined
  }

  /** @returns whether it was the open one */
  delete(pipe: ClientPipe): boolean {
    this.#left.delete(pipe)
    if (this.open !== pipe) return false
    this.open = undefined
    return true
  }

  /** Whose frames carry this id. */
  ofFrame(id: Uint8Array): ClientPipe | undefined {
    for (const pipe of this) if (equalBytes(pipe.session.ours, id)) return pipe
    return undefined
  }

  /** Whom this RESET ends. */
  ofReset(reset: Reset): ClientPipe | undefined {
    for (const pipe of this) if (pipe.isEndedBy(reset)) return pipe
    return undefined
  }
}
