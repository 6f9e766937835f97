import { randomUUID } from 'node:crypto'
import { sleep } from '@p2pmsg/runtime'
import * as events from './events.ts'
import { heartbeat, type Lease, leave, RENEW_MS, releaseLeases, renewLeases, takeLeases } from './lease.ts'
import { PartitionWriter, type WriterDeps } from './partition-writer.ts'

/** Takes this replica's share of the partitions, keeps their leases, and runs one writer for each. */
export class PartitionOwner implements AsyncDisposable {
  /** Names this process among the replicas; another one after each start, so that an old lease is never taken for ours. */
  readonly replica: string = randomUUID()
  readonly #deps: WriterDeps
  readonly #partitions: number
  readonly #writers = new Map<number, PartitionWriter>() // bounded by the number of partitions
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #certain = false

  constructor(deps: WriterDeps, partitions: number) {
    this.#deps = deps
    this.#partitions = partitions
  }

  start(): void {
    this.#running = this.#run()
  }

  get owned(): number {
    return this.#writers.size
  }

  /** Partitions of this replica that cannot go on. */
  get stopped(): number {
    return this.problems.length
  }

  /** Why they cannot. */
  get problems(): string[] {
    return [...this.#writers.values()].flatMap(({ problem }) => problem?.message ?? [])
  }

  owns(partition: number): boolean {
    return this.#writers.has(partition)
  }

  /** Postgres answered the last time that the leases were renewed. */
  get certain(): boolean {
    return this.#certain
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#turn()
        this.#certain = true
      } catch (thrown) {
        if (this.#certain) events.leasesUncertain(this.#deps.log, thrown)
        this.#certain = false
      }
      await sleep(RENEW_MS, this.#stop.signal)
    }
  }

  async #turn(): Promise<void> {
    const { db } = this.#deps
    const live = await heartbeat(db, this.replica)
    await this.#dropLost(await renewLeases(db, this.replica))
    const share = Math.ceil(this.#partitions / live)
    if (this.owned > share) await this.#handBack([...this.#writers.values()].slice(share))
    if (this.owned < share && !this.#stop.signal.aborted) {
      for (const lease of await takeLeases(db, this.replica, share - this.owned)) this.#begin(lease)
    }
  }

  #begin(lease: Lease): void {
    events.taken(this.#deps.log, lease.partition, lease.fence)
    this.#writers.set(lease.partition, new PartitionWriter(this.#deps, lease))
  }

  /** A writer that stood down keeps no lease, and a lease that is gone keeps no writer. */
  async #dropLost(kept: readonly Lease[]): Promise<void> {
    const fences = new Map(kept.map((lease) => [lease.partition, lease.fence]))
    for (const [partition, writer] of this.#writers) {
      if (fences.get(partition) === writer.lease.fence && !writer.stoodDown) continue
      events.leaseLost(this.#deps.log, partition)
      await writer.stop()
      this.#writers.delete(partition)
    }
  }

  async #handBack(writers: readonly PartitionWriter[]): Promise<void> {
    await Promise.all(writers.map((writer) => writer.stop()))
    for (const writer of writers) this.#writers.delete(writer.lease.partition)
    await releaseLeases(
      this.#deps.db,
      writers.map((writer) => writer.lease),
    )
    for (const writer of writers) events.handedBack(this.#deps.log, writer.lease.partition)
  }

  /** Finishes the batches in hand and hands all leases back, so that a sibling goes on at once. */
  async drain(): Promise<void> {
    this.#stop.abort()
    await this.#running
    try {
      await this.#handBack([...this.#writers.values()])
      await leave(this.#deps.db, this.replica)
    } catch (thrown) {
      events.leasesUncertain(this.#deps.log, thrown) // Postgres is away: they run out by themselves
    }
  }

  /** Ends without handing back, as far as that was not done: the leases run out by themselves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await Promise.all([...this.#writers.values()].map((writer) => writer.stop()))
    this.#writers.clear()
  }
}
