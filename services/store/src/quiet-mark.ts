import { blockHash, MESSAGES_STREAM, messages } from '@p2pmsg/protocol'
import { type Bus, streamInfo } from '@p2pmsg/runtime'
import { CannotApply } from './cannot-apply.ts'
import { recordOfLeader } from './log-record.ts'

/**
 * Finds out that a partition has nothing more up to a point of the log. Asks the stream's leader, and only about an end of the
 * log that was seen one look before: what a replica that lags does not show yet must never be passed over.
 */
export class QuietMark {
  readonly #bus: Bus
  readonly #partition: number
  #seenLastSeq = 0

  constructor(bus: Bus, partition: number) {
    this.#bus = bus
    this.#partition = partition
  }

  /**
   * @returns a later record, of another partition, up to which this one is known to be complete
   * @throws {CannotApply} the log has lost its end
   * @throws {BusUnavailable}
   */
  async look(appliedSeq: number): Promise<Readonly<{ seq: number; hash: Uint8Array }> | undefined> {
    const { state } = await streamInfo(this.#bus, MESSAGES_STREAM)
    if (state.last_seq < appliedSeq) throw new CannotApply(`the log ends at ${state.last_seq}, before what was applied`)
    const until = this.#seenLastSeq
    this.#seenLastSeq = state.last_seq
    if (until <= appliedSeq) return undefined
    const next = await recordOfLeader(this.#bus, {
      seq: appliedSeq + 1,
      next_by_subj: messages.of(this.#partition).name,
    })
    if (next && next.seq <= until) return undefined
    const record = await recordOfLeader(this.#bus, { seq: until })
    return record && { seq: until, hash: blockHash(record.data) }
  }
}
