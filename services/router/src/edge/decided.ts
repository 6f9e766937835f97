import { isTemporary, type RefusalCode } from '@p2pmsg/protocol'
import { type Outcome, refused } from './outcome.ts'

/** Outcomes remembered, and bytes of receipts in them; the oldest makes room. */
const OUTCOMES_MAX = 131_072
const RECEIPT_BYTES_MAX = 64 << 20
/** A repeat of an accepted message gets its first receipt for this long, milliseconds. */
const ACCEPTED_MS = 10 * 60 * 1000
/** A repeat of a refused one gets the same refusal for this long, milliseconds: policy may change, a flood must not be judged. */
const REFUSED_MS = 60 * 1000

type Entry = Readonly<{ outcome: Outcome; untilMs: number; bytes: number }>

/**
 * How recent messages ended, by the digest of the whole message: a bad copy that shares an id with a good one ends differently.
 * Entries leave in the order in which they came.
 */
export class Decided {
  readonly #entries = new Map<string, Entry>() // BOUNDED by OUTCOMES_MAX and RECEIPT_BYTES_MAX
  #bytes = 0

  get size(): number {
    return this.#entries.size
  }

  find(digest: string, nowMs: number): Outcome | undefined {
    const entry = this.#entries.get(digest)
    return entry && nowMs < entry.untilMs ? entry.outcome : undefined
  }

  /** @returns the outcome as remembered: its bytes are copies, as the originals are views into a whole record of the bus */
  accepted(digest: string, id: Uint8Array, receipt: Uint8Array, nowMs: number): Outcome {
    const outcome = { stage: 'accepted', id: copy(id), receipt: copy(receipt) } as const
    this.#keep(digest, { outcome, untilMs: nowMs + ACCEPTED_MS, bytes: receipt.length })
    return outcome
  }

  /** A temporary refusal is not remembered: the next try may fare better. */
  refused(digest: string, code: RefusalCode, nowMs: number): Outcome {
    const outcome = refused(code)
    if (!isTemporary(code)) this.#keep(digest, { outcome, untilMs: nowMs + REFUSED_MS, bytes: 0 })
    return outcome
  }

  #keep(digest: string, entry: Entry): void {
    this.#drop(digest)
    this.#entries.set(digest, entry)
    this.#bytes += entry.bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= OUTCOMES_MAX && this.#bytes <= RECEIPT_BYTES_MAX) break
      this.#drop(oldest)
    }
  }

  #drop(digest: string): void {
    this.#bytes -= this.#entries.get(digest)?.bytes ?? 0
    this.#entries.delete(digest)
  }
}

function copy(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes)
}
