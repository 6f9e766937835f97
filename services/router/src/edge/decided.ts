import { isTemporary, type RefusalCode } from '@p2pmsg/protocol'
import { Generations } from './generations.ts'
import { type Outcome, refused } from './outcome.ts'

/** Outcomes remembered, and bytes of receipts in them, in each of two generations. */
const OUTCOMES_MAX = 65_536
const RECEIPT_BYTES_MAX = 32 << 20
/** A repeat of an accepted message gets its first receipt for this long, milliseconds. */
const ACCEPTED_MS = 10 * 60 * 1000
/** A repeat of a refused one gets the same refusal for this long, milliseconds: policy may change, a flood must not be judged. */
const REFUSED_MS = 60 * 1000

type Entry = Readonly<{ outcome: Outcome; untilMs: number }>

/** How recent messages ended, by the digest of the whole message: a bad copy that shares an id with a good one ends differently. */
export class Decided {
  readonly #entries = new Generations<Entry>(OUTCOMES_MAX, RECEIPT_BYTES_MAX)

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
    this.#entries.set(digest, { outcome, untilMs: nowMs + ACCEPTED_MS }, receipt.length)
    return outcome
  }

  /** A temporary refusal is not remembered: the next try may fare better. */
  refused(digest: string, code: RefusalCode, nowMs: number): Outcome {
    const outcome = refused(code)
    if (!isTemporary(code)) this.#entries.set(digest, { outcome, untilMs: nowMs + REFUSED_MS })
    return outcome
  }
}

function copy(bytes: Uint8Array): Uint8Array {
  const copied = Buffer.allocUnsafe(bytes.length)
  copied.set(bytes)
  return copied
}
