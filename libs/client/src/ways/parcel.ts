import { encodeMessage, type Message, type RefusalCode } from '@p2pmsg/protocol'
import type { Expected, Verdict } from '../verdict.ts'
import type { Way } from './way.ts'

/** What ends a message. */
export type FinalVerdict = Extract<Verdict, { kind: 'accepted' | 'logged' | 'refused' }>

/** One message on its way, or on several: the first that brings a verdict ends it, and the others are called off. */
export class Parcel {
  readonly message: Message
  readonly expected: Expected
  /** The cluster's ownership is enough. */
  readonly untilLogged: boolean
  readonly outcome: Promise<FinalVerdict>
  /** Called with each temporary refusal, whichever way it came. */
  readonly onPutOff: (code: RefusalCode) => void
  /** Datagrams and HTTP requests so far; over a pipe the times that it was given to it. */
  attempts = 0
  readonly #carriers = new Map<Way, () => void>() // BOUNDED by the ways that there are
  readonly #settled: PromiseWithResolvers<FinalVerdict> = Promise.withResolvers()
  #bytes: Uint8Array | undefined

  constructor(message: Message, expected: Expected, untilLogged: boolean, onPutOff: (code: RefusalCode) => void) {
    this.message = message
    this.expected = expected
    this.untilLogged = untilLogged
    this.onPutOff = onPutOff
    this.outcome = this.#settled.promise
  }

  /** The canonical bencoding of the message. */
  get bytes(): Uint8Array {
    return (this.#bytes ??= encodeMessage(this.message))
  }

  /** Gives it to a way that does not have it yet. */
  take(way: Way): void {
    if (!this.#carriers.has(way)) this.#carriers.set(way, way.carry(this))
  }

  settle(verdict: FinalVerdict): void {
    this.#callOff()
    this.#settled.resolve(verdict)
  }

  /** Nobody waits for it any more; what became of it is unknown. */
  fail(reason: unknown): void {
    this.#callOff()
    this.#settled.reject(reason)
  }

  #callOff(): void {
    for (const callOff of this.#carriers.values()) callOff()
    this.#carriers.clear()
  }
}
