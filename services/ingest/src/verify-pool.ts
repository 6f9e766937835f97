import { Worker } from 'node:worker_threads'
import { type Batch, validities } from './batch.ts'
import type { Events } from './events.ts'

/** A thread that has not answered by now will not: 64 checks take about 6 ms, milliseconds. */
const BATCH_MS_MAX = 10_000
/** A batch that ends this many threads is not tried again here: its pack goes to the quarantine. */
const ATTEMPTS_MAX = 2
/** Before another thread takes the place of one that ended, milliseconds: one that cannot even start must not keep a core busy. */
const RESTART_MS = 100

/** The batch ended every thread that touched it. */
export class BatchLost extends Error {
  override readonly name = 'BatchLost'
}

const MODULE = new URL('./verify-worker.ts', import.meta.url)

type Job = {
  readonly batch: Batch
  readonly resolve: (valid: boolean[]) => void
  readonly reject: (error: Error) => void
  attempts: number
}

export type VerifyPoolOptions = Readonly<{
  threads: number
  events: Pick<Events, 'threadLost' | 'verified'>
  /** What runs in the threads: takes a batch, says when it is done with it. */
  module?: URL
}>

/**
 * Ed25519 on worker threads, one batch at a time in each, so that a thread that dies names its batch. The queue needs no
 * limit of its own: it holds at most the packs in hand.
 */
export class VerifyPool implements AsyncDisposable {
  readonly #options: VerifyPoolOptions
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, { job: Job; since: number; timer: NodeJS.Timeout }>()
  readonly #queue: Job[] = []
  #disposed = false

  constructor(options: VerifyPoolOptions) {
    this.#options = options
    for (let i = 0; i < options.threads; i++) this.#start()
  }

  /** @throws {BatchLost} when threads die of it, or the pool is disposed */
  verify(batch: Batch): Promise<boolean[]> {
    if (batch.lengths.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      if (this.#disposed) return reject(new BatchLost('the pool is closed'))
      this.#queue.push({ batch, resolve, reject, attempts: 0 })
      this.#next()
    })
  }

  #start(): void {
    if (this.#disposed) return
    // No environment and no preloads: the thread needs neither secrets nor telemetry of its own.
    const worker = new Worker(this.#options.module ?? MODULE, { env: {}, execArgv: [] })
    worker.on('message', () => this.#done(worker))
    worker.on('error', () => undefined) // 'exit' follows, and says all that matters
    worker.on('exit', () => this.#ended(worker))
    this.#idle.push(worker)
    this.#next()
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#queue.length > 0) {
      const [worker, job] = [this.#idle.pop() as Worker, this.#queue.shift() as Job]
      job.attempts++
      const timer = setTimeout(() => void worker.terminate(), BATCH_MS_MAX)
      this.#busy.set(worker, { job, since: performance.now(), timer })
      worker.postMessage(job.batch)
    }
  }

  #done(worker: Worker): void {
    const work = this.#busy.get(worker)
    if (!work) return
    clearTimeout(work.timer)
    this.#busy.delete(worker)
    this.#idle.push(worker)
    this.#options.events.verified((performance.now() - work.since) / 1000)
    work.job.resolve(validities(work.job.batch))
    this.#next()
  }

  #ended(worker: Worker): void {
    const work = this.#busy.get(worker)
    this.#busy.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
    if (work) clearTimeout(work.timer)
    if (this.#disposed) return work?.job.reject(new BatchLost('the pool is closed'))
    this.#options.events.threadLost()
    setTimeout(() => this.#start(), RESTART_MS).unref()
    if (work && work.job.attempts < ATTEMPTS_MAX) this.#queue.unshift(work.job)
    else work?.job.reject(new BatchLost(`a batch ended ${ATTEMPTS_MAX} threads`))
    this.#next()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    for (const job of this.#queue.splice(0)) job.reject(new BatchLost('the pool is closed'))
    await Promise.all([...this.#idle, ...this.#busy.keys()].map((worker) => worker.terminate()))
  }
}
