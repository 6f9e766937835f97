/** Wrong lines from one /24 or /56 in one window: with rings of 15 bits, a stranger needs weeks on average. */
const FAILED_MAX = 16
/** Milliseconds. */
const WINDOW_MS = 600_000
/** Prefixes remembered; the one that failed first makes room. */
const PREFIXES_MAX = 4096

/** Counts failed guesses at lines. Rings of 52 bits need no such guard, so who has one is never locked out by a neighbour. */
export class Guesses {
  readonly #failed = new Map<string, { count: number; sinceMs: number }>()

  mayTry(prefix: string, nowMs: number): boolean {
    const entry = this.#failed.get(prefix)
    return !entry || nowMs - entry.sinceMs > WINDOW_MS || entry.count < FAILED_MAX
  }

  failed(prefix: string, nowMs: number): void {
    const entry = this.#failed.get(prefix)
    if (entry && nowMs - entry.sinceMs <= WINDOW_MS) {
      entry.count++
      return
    }
    this.#failed.delete(prefix)
    if (this.#failed.size >= PREFIXES_MAX) this.#failed.delete(this.#failed.keys().next().value as string)
    this.#failed.set(prefix, { count: 1, sinceMs: nowMs })
  }

  sweep(nowMs: number): void {
    for (const [prefix, { sinceMs }] of this.#failed) {
      if (nowMs - sinceMs <= WINDOW_MS) break // they stand in the order of their first failure
      this.#failed.delete(prefix)
    }
  }
}
