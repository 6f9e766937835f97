import type { RefusalCode } from '@p2pmsg/protocol'
import { counter, histogram, type Logger } from '@p2pmsg/runtime'

/** What became of a pack. */
export type PackResult = 'done' | 'returned' | 'bad-pack'

const accepted = counter('ingest_accepted', 'Messages accepted: in the log, receipt signed')
const rejects = counter('ingest_rejects', 'Messages refused', 'reason')
const packs = counter('ingest_packs', 'Packs by what became of them', 'result')
const repeatedBlocks = counter(
  'ingest_repeated_blocks',
  'Blocks that the log had already; verdicts came from the stored one',
)
const missingBlocks = counter('ingest_missing_blocks', 'Blocks that the log says it has and does not give back')
const publishFailures = counter('ingest_publish_failures', 'Tries to append a block that failed', 'code')
const lostThreads = counter('ingest_verify_threads_lost', 'Verify threads that ended and were started again')
const rehearsals = counter('ingest_rehearsals', 'Packs judged envelope by envelope in a process of their own')
const badEntries = counter('ingest_bad_receiver_entries', 'Receiver entries that were not taken over', 'fault')
const lostRefusals = counter('ingest_refusals_unlogged', 'Lines of the refusal log that could not be written')
const verifySeconds = histogram('ingest_verify_seconds', 'Time that a batch of signatures spent in its thread')

/** One function per event owns its counter and its log line. None throws, none is given bodies, keys or network addresses. */
export class Events {
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  judged(acceptedCount: number, codes: Iterable<RefusalCode>): void {
    if (acceptedCount > 0) accepted.add(acceptedCount)
    for (const code of codes) rejects.add(1, code)
  }

  pack(result: PackResult): void {
    packs.add(1, result)
    if (result === 'bad-pack') this.#log.error('a pack does not parse: a router of another version?')
  }

  packReturned(err: unknown): void {
    packs.add(1, 'returned')
    this.#log.warn({ err }, 'a pack goes back to the queue')
  }

  verified(seconds: number): void {
    verifySeconds.record(seconds)
  }

  threadLost(): void {
    lostThreads.add()
    this.#log.error('a verify thread ended; starting another')
  }

  rehearsing(delivered: number): void {
    rehearsals.add()
    this.#log.warn({ delivered }, 'a pack came back unfinished; judging it envelope by envelope')
  }

  poisoned(packIndex: number): void {
    this.#log.error({ packIndex }, 'an envelope ends the process that judges it; refused as poison')
  }

  blockRepeated(): void {
    repeatedBlocks.add()
  }

  blockMissing(partition: number, streamSeq: number): void {
    missingBlocks.add()
    this.#log.error({ partition, streamSeq }, 'the log has dropped a block that it was just asked to repeat')
  }

  publishFailed(code: string, attempt: number, err: unknown): void {
    publishFailures.add(1, code)
    this.#log.warn({ err, attempt }, 'the log does not take a block; trying again')
  }

  busAway(err: unknown): void {
    this.#log.warn({ err }, 'cannot pull from the queue')
  }

  badEntry(name: string, fault: string): void {
    badEntries.add(1, fault)
    this.#log.error({ receiver: name, fault }, 'a receiver entry is not usable; the one before stays')
  }

  unsignable(name: string, why: string): void {
    this.#log.error(
      { receiver: name, why },
      "receipts cannot be signed for a receiver: senders get `unavailable` until its record delegates to this cluster's receipt key",
    )
  }

  refusalsUnlogged(lines: number, err: unknown): void {
    lostRefusals.add(lines)
    this.#log.warn({ err, lines }, 'the refusal log does not take lines')
  }
}
