/** Events per second in the long run, and at once after a pause. */
export type Rate = Readonly<{ perSecond: number; burst: number }>

/** A token bucket over the time that its caller gives it. */
export class Budget {
  readonly #rate: Rate
  #tokens: number
  #atMs: number | undefined

  constructor(rate: Rate) {
    this.#rate = rate
    this.#tokens = rate.burst
  }

  take(nowMs: number, cost = 1): boolean {
    const { perSecond, burst } = this.#rate
    const elapsedMs = Math.max(nowMs - (this.#atMs ?? nowMs), 0)
    this.#tokens = Math.min(burst, this.#tokens + (elapsedMs * perSecond) / 1000)
    this.#atMs = nowMs
    if (this.#tokens < cost) return false
    this.#tokens -= cost
    return true
  }
}

/** One budget for each key. Bounded: when there are too many, the one made first is forgotten, and starts full again. */
export class Budgets {
  readonly #rate: Rate
  readonly #max: number
  readonly #budgets = new Map<string, Budget>()

  constructor(rate: Rate, max: number) {
    this.#rate = rate
    this.#max = max
  }

  take(key: string, nowMs: number): boolean {
    let budget = this.#budgets.get(key)
    if (!budget) {
      if (this.#budgets.size >= this.#max) this.#budgets.delete(this.#budgets.keys().next().value as string)
      budget = new Budget(this.#rate)
      this.#budgets.set(key, budget)
    }
    return budget.take(nowMs)
  }
}
