import { QueueFull } from './failures.ts'

type Waiter = Readonly<{ go: () => void; leave: (reason: unknown) => void }>

/** So many at a time, the others wait in the order in which they came. */
export class Slots {
  #free: number
  readonly #waitingMax: number
  readonly #waiting = new Set<Waiter>() // BOUNDED by waitingMax; a Set keeps the order and lets any leave
  #rejected = 0

  constructor(slots: number, waitingMax: number) {
    this.#free = slots
    this.#waitingMax = waitingMax
  }

  /** How many were turned away because the queue was full. */
  get rejected(): number {
    return this.#rejected
  }

  /**
   * Resolves when it is the caller's turn, who then owes a {@link give}.
   * @throws {QueueFull} or the signal's reason
   */
  take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#free > 0) {
      this.#free--
      return Promise.resolve()
    }
    if (this.#waiting.size >= this.#waitingMax) {
      this.#rejected++
      throw new QueueFull(`${this.#waitingMax} messages wait already: await some of them before sending more`)
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => waiter.leave(signal?.reason)
      const end = () => {
        this.#waiting.delete(waiter)
        signal?.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter = {
        go: () => {
          end()
          resolve()
        },
        leave: (reason) => {
          end()
          reject(reason)
        },
      }
      this.#waiting.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  give(): void {
    const [next] = this.#waiting
    if (next) next.go()
    else this.#free++
  }

  /** Sends away all who wait. */
  close(reason: unknown): void {
    for (const waiter of this.#waiting) waiter.leave(reason)
  }
}
