import type { Envelope } from '@p2pmsg/protocol'
import type { Pending } from './pending.ts'

/** A pack from its first envelope to its last verdict. */
export class PackInFlight {
  /** Of packs since the process started. */
  readonly counter: number
  /** When the first envelope came in, Unix milliseconds. */
  readonly openedMs: number
  /** In the pack's order; undefined once decided. */
  readonly #pending: (Pending | undefined)[] = [] // BOUNDED by PACK_ENVELOPES_MAX
  /** Until it is published. */
  #envelopes: Envelope[] = []
  /** Messages without a verdict. */
  #undecided = 0
  /** EDGE has it: the cluster owns the bytes. */
  acked = false
  /** Its senders have waited long enough to be told `logged`. */
  late = false

  /** The cluster owns the bytes, and who waits knows. */
  get isLogged(): boolean {
    return this.acked && this.late
  }

  constructor(counter: number, openedMs: number) {
    this.counter = counter
    this.openedMs = openedMs
  }

  get size(): number {
    return this.#pending.length
  }

  get undecided(): number {
    return this.#undecided
  }

  add(envelope: Envelope, pending: Pending): void {
    this.#envelopes.push(envelope)
    this.#pending.push(pending)
    this.#undecided++
    pending.pack = this
  }

  /** Gives the envelopes away, to be published; only the waiting stay. */
  takeEnvelopes(): readonly Envelope[] {
    const envelopes = this.#envelopes
    this.#envelopes = []
    return envelopes
  }

  /** @returns who waits for this verdict; undefined if it came before or there is no such envelope */
  decide(index: number): Pending | undefined {
    const pending = this.#pending[index]
    if (!pending) return undefined
    this.#pending[index] = undefined
    this.#undecided--
    return pending
  }

  *waiting(): Iterable<Pending> {
    for (const pending of this.#pending) if (pending) yield pending
  }
}
