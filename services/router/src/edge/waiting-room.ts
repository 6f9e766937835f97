import type { Outgoing, RefusalCode, Verdicts } from '@p2pmsg/protocol'
import { forgotten, logged, strayVerdict, verdictReceived } from '../events.ts'
import { Decided } from './decided.ts'
import { type Outcome, refused } from './outcome.ts'
import type { PackInFlight } from './pack-in-flight.ts'
import { PackQueue } from './pack-queue.ts'
import type { Pending } from './pending.ts'

/** A sender whose message EDGE has is told `logged` when no verdict came within this, milliseconds after reception. */
const LOGGED_MS = 1_500
/** Nobody is waited for longer than this, milliseconds: the sender has asked again long before. */
const WAIT_MS_MAX = 30_000
/** Messages that may wait; beyond, the packs that have waited longest are forgotten early. */
export const WAITING_MAX = 65_536

/**
 * Who waits for what: messages by digest, packs by number. Packs stand in the order in which they were opened, so the first
 * one tells when the next thing is due; there is no timer per message.
 */
export class WaitingRoom {
  readonly #max: number
  readonly #pending = new Map<string, Pending>() // BOUNDED by #max
  readonly #packs = new PackQueue() // BOUNDED by the messages in them
  /** Those of #packs whose senders have not been told anything yet. */
  readonly #early = new PackQueue()
  readonly #decided = new Decided()

  /** @param max messages that may wait */
  constructor(max: number) {
    this.#max = max
  }

  /** Messages without a verdict. */
  get size(): number {
    return this.#pending.size
  }

  get isFull(): boolean {
    return this.#pending.size >= this.#max
  }

  decided(digest: string, nowMs: number): Outcome | undefined {
    return this.#decided.find(digest, nowMs)
  }

  pending(digest: string): Pending | undefined {
    return this.#pending.get(digest)
  }

  wait(pending: Pending, pack: PackInFlight): void {
    this.#pending.set(pending.digest, pending)
    if (this.#packs.get(pack.counter)) return
    this.#packs.add(pack)
    this.#early.add(pack)
  }

  /** EDGE has the pack. */
  acknowledged(pack: PackInFlight, nowMs: number, out: Outgoing[]): void {
    pack.acked = true
    if (pack.late) this.#tellLogged(pack, nowMs, out)
  }

  /** EDGE did not take the pack, or nobody knows whether it did. */
  failed(pack: PackInFlight, code: RefusalCode, nowMs: number, out: Outgoing[]): void {
    for (const pending of pack.waiting()) {
      this.#pending.delete(pending.digest)
      pending.tell(refused(code), nowMs, out)
    }
    this.#forget(pack)
  }

  /** Several records may come for one pack, and the same one twice. */
  apply(verdicts: Verdicts, nowMs: number, out: Outgoing[]): void {
    const pack = this.#packs.get(verdicts.packId.counter)
    if (!pack) return strayVerdict(verdicts.accepted.length + verdicts.refused.length)
    for (const { packIndex, id, receipt } of verdicts.accepted) {
      const pending = pack.decide(packIndex)
      if (!pending) continue
      verdictReceived('accepted')
      this.#decided.accepted(pending.digest, id, receipt, nowMs)
      this.#end(pending, { stage: 'accepted', id, receipt }, nowMs, out)
    }
    for (const { packIndex, code } of verdicts.refused) {
      const pending = pack.decide(packIndex)
      if (!pending) continue
      verdictReceived(code)
      this.#decided.refused(pending.digest, code, nowMs)
      this.#end(pending, refused(code), nowMs, out)
    }
    if (pack.undecided === 0) this.#forget(pack)
  }

  #end(pending: Pending, outcome: Outcome, nowMs: number, out: Outgoing[]): void {
    this.#pending.delete(pending.digest)
    pending.tell(outcome, nowMs, out)
  }

  get deadline(): number | undefined {
    const early = this.#early.first
    const oldest = this.#packs.first
    if (!oldest) return undefined
    const end = oldest.openedMs + WAIT_MS_MAX
    return early ? Math.min(early.openedMs + LOGGED_MS, end) : end
  }

  tick(nowMs: number, out: Outgoing[]): void {
    for (let pack = this.#early.first; pack && nowMs >= pack.openedMs + LOGGED_MS; pack = this.#early.first) {
      this.#early.remove(pack)
      pack.late = true
      if (pack.acked) this.#tellLogged(pack, nowMs, out)
    }
    for (let pack = this.#packs.first; pack && nowMs >= pack.openedMs + WAIT_MS_MAX; pack = this.#packs.first) {
      this.#giveUp(pack)
    }
  }

  /** Forgets the pack that has waited longest, if its senders know that it is logged. @returns whether that made room */
  makeRoom(): boolean {
    const oldest = this.#packs.first
    if (!oldest?.isLogged) return false
    this.#giveUp(oldest)
    return true
  }

  #giveUp(pack: PackInFlight): void {
    forgotten(pack.undecided)
    for (const pending of pack.waiting()) this.#pending.delete(pending.digest)
    this.#forget(pack)
  }

  #tellLogged(pack: PackInFlight, nowMs: number, out: Outgoing[]): void {
    logged(pack.undecided)
    for (const pending of pack.waiting()) pending.tell({ stage: 'logged', id: pending.id }, nowMs, out)
  }

  #forget(pack: PackInFlight): void {
    this.#packs.remove(pack)
    this.#early.remove(pack)
  }
}
