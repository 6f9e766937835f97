import { MESSAGES_STREAM, messages } from '@p2pmsg/protocol'
import { type Bus, backoffMs, type Logger, readOrdered, sleep, startSpan, withSpan } from '@p2pmsg/runtime'
import { Announcer } from './announcer.ts'
import { applyBatch, applyNothing, type Claim } from './apply-batch.ts'
import { type Batch, toBatch } from './batch.ts'
import { BlockReader } from './block-reader.ts'
import { CannotApply } from './cannot-apply.ts'
import { available, type Database } from './database.ts'
import * as events from './events.ts'
import type { Lease } from './lease.ts'
import { checkLog, type Progress } from './log-check.ts'
import { QuietMark } from './quiet-mark.ts'

/** A partition without blocks for this long is moved on to where the log is, milliseconds. */
const QUIET_MS = 5_000
/** Between two looks at a partition that stopped, milliseconds: an operator may have mended it. */
const RECHECK_MS = 10_000
/** Longest wait between two tries, milliseconds: a sibling would take the lease in five seconds. */
const RETRY_LAST_MS = 2_000

export type WriterDeps = Readonly<{ db: Database; bus: Bus; log: Logger }>

/** Writes one partition of the log into Postgres, in order, for as long as its fence is the highest. */
export class PartitionWriter {
  readonly lease: Lease
  readonly #deps: WriterDeps
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #reader: BlockReader | undefined
  #stoodDown = false
  #problem: CannotApply | undefined
  #failures = 0

  constructor(deps: WriterDeps, lease: Lease) {
    this.#deps = deps
    this.lease = lease
    this.#running = this.#run()
  }

  /** A newer owner has been seen: nothing more will be written. */
  get stoodDown(): boolean {
    return this.#stoodDown
  }

  /** Why the partition cannot go on. */
  get problem(): CannotApply | undefined {
    return this.#problem
  }

  /** Reads no more, finishes the batch in hand. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#reader?.interrupt(new Interrupted('stopping'))
    await this.#running
  }

  async #run(): Promise<void> {
    const stopListening = this.#deps.bus.onReconnect(() => this.#reader?.interrupt(new Interrupted('reconnected')))
    while (!this.#stop.signal.aborted && !this.#stoodDown) {
      try {
        await this.#session()
      } catch (thrown) {
        if (!(thrown instanceof Interrupted)) await this.#failed(thrown)
      }
    }
    stopListening()
  }

  async #failed(thrown: unknown): Promise<void> {
    const { log } = this.#deps
    if (thrown instanceof CannotApply) {
      if (!this.#problem) events.partitionStopped(log, this.lease.partition, thrown)
      this.#problem = thrown
      await sleep(RECHECK_MS, this.#stop.signal)
    } else {
      events.writerFailed(log, this.lease.partition, thrown, this.#failures)
      await sleep(backoffMs(this.#failures++, RETRY_LAST_MS), this.#stop.signal)
    }
  }

  /** From what Postgres says is applied, until something breaks. After a failure nobody knows whether it was committed: ask again. */
  async #session(): Promise<void> {
    const { bus } = this.#deps
    const { partition } = this.lease
    const progress = await this.#progress()
    if (!progress) return this.#standDown()
    await checkLog(bus, progress)
    const source = await readOrdered(bus, {
      stream: MESSAGES_STREAM,
      subject: messages.of(partition).name,
      startSeq: progress.appliedSeq + 1,
    })
    using reader = new BlockReader(source, partition)
    this.#reader = reader
    using announcer = new Announcer(bus, partition, progress.appliedSeq)
    const quiet = new QuietMark(bus, partition)
    let { appliedSeq } = progress
    while (!this.#stop.signal.aborted) {
      const claim = { partition, fence: this.lease.fence, appliedSeq }
      const blocks = await reader.take(QUIET_MS)
      const applied =
        blocks.length > 0 ? await this.#apply(claim, blocks, announcer) : await this.#passOver(claim, quiet, announcer)
      if (applied === undefined) return this.#standDown()
      appliedSeq = applied
      this.#failures = 0
      this.#problem = undefined
    }
  }

  /** @returns the new applied sequence, or undefined when another owns the partition */
  async #apply(claim: Claim, blocks: Parameters<typeof toBatch>[0], announcer: Announcer): Promise<number | undefined> {
    const first = blocks[0]?.record.seq ?? 0
    if (first <= claim.appliedSeq) throw new CannotApply(`record ${first} came after ${claim.appliedSeq} was applied`)
    const batch = toBatch(blocks)
    const span = startSpan('apply messages.v1', { links: batch.traceparents, kind: 'consumer' })
    return withSpan(span, () => this.#commit(claim, batch, announcer))
  }

  async #commit(claim: Claim, batch: Batch, announcer: Announcer): Promise<number | undefined> {
    const begun = performance.now()
    const applied = await applyBatch(this.#deps.db, claim, batch)
    if (!applied) return undefined
    announcer.committed(batch.lastSeq, applied.rows)
    events.committed(this.#deps.log, {
      partition: claim.partition,
      lastSeq: batch.lastSeq,
      rows: applied.rows.length,
      duplicates: applied.duplicates,
      seconds: (performance.now() - begun) / 1000,
      lastReceivedMs: batch.lastReceivedMs,
      packIds: batch.packIds,
    })
    return batch.lastSeq
  }

  /** @returns how far the partition is complete now, or undefined when another owns it */
  async #passOver(claim: Claim, quiet: QuietMark, announcer: Announcer): Promise<number | undefined> {
    const until = await quiet.look(claim.appliedSeq)
    if (!until) return claim.appliedSeq
    if (!(await applyNothing(this.#deps.db, claim, until))) return undefined
    announcer.committed(until.seq, [])
    return until.seq
  }

  async #progress(): Promise<Progress | undefined> {
    const { partition, fence } = this.lease
    const row = await available(() =>
      this.#deps.db.selectFrom('partition').selectAll().where('id', '=', partition).executeTakeFirst(),
    )
    if (row?.fence !== String(fence)) return undefined
    return { appliedSeq: Number(row.applied_seq), appliedHash: row.applied_hash ?? undefined }
  }

  #standDown(): void {
    this.#stoodDown = true
    events.stoodDown(this.#deps.log, this.lease.partition)
  }
}

/** A session ends though nothing is wrong with it. */
class Interrupted extends Error {}
