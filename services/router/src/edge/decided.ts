import { isTemporary, REFUSAL_CODES, type RefusalCode } from '@p2pmsg/protocol'
import { type Outcome, refused } from './outcome.ts'
import { RecordTable } from './record-table.ts'

/** Outcomes remembered, and their bytes with the receipts in them, in each of two generations. */
const OUTCOMES_MAX = 65_536
const OUTCOME_BYTES_MAX = 32 << 20
/** A repeat of an accepted message gets its first receipt for this long, milliseconds. */
const ACCEPTED_MS = 10 * 60 * 1000
/** A repeat of a refused one gets the same refusal for this long, milliseconds: policy may change, a flood must not be judged. */
const REFUSED_MS = 60 * 1000

const ACCEPTED = REFUSAL_CODES.length // one above the last code's number
const ID_BYTES = 32

/**
 * How recent messages ended, by the digest of the whole message: a bad copy that shares an id with a good one ends differently.
 * Every message leaves something here, so it is kept as bytes: as objects, these would be most of what the collector moves.
 */
export class Decided {
  readonly #records = new RecordTable(OUTCOMES_MAX, OUTCOME_BYTES_MAX)

  /** @param digest 32 bytes, one character each */
  find(digest: string, nowMs: number): Outcome | undefined {
    const record = this.#records.find(digest)
    if (!record || nowMs >= record.untilMs) return undefined
    const { kind, bytes } = record
    const code = REFUSAL_CODES[kind]
    if (code) return refused(code)
    return { stage: 'accepted', id: bytes.subarray(0, ID_BYTES), receipt: bytes.subarray(ID_BYTES) }
  }

  accepted(digest: string, id: Uint8Array, receipt: Uint8Array, nowMs: number): void {
    this.#records.add(digest, nowMs + ACCEPTED_MS, ACCEPTED, id, receipt)
  }

  /** A temporary refusal is not remembered: the next try may fare better. */
  refused(digest: string, code: RefusalCode, nowMs: number): void {
    if (!isTemporary(code)) this.#records.add(digest, nowMs + REFUSED_MS, REFUSAL_CODES.indexOf(code))
  }
}
