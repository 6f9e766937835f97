import type { Outcome, Waiter } from '../edge/outcome.ts'

/** A request that waits for the first word on its message. */
export class HttpWaiter implements Waiter {
  readonly outcome: Promise<Outcome>
  #resolve: (outcome: Outcome) => void = () => undefined

  constructor() {
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  tell(outcome: Outcome): undefined {
    this.#resolve(outcome)
  }

  /** Each request wants its own answer. */
  isSame(other: Waiter): boolean {
    return other === this
  }
}
