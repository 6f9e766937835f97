/** Lets one waiter sleep until something has happened or time is over. */
export class Wake {
  #happened = false
  #waiter: (() => void) | undefined

  /** Something has happened; remembered if nobody waits yet. */
  now(): void {
    this.#happened = true
    this.#waiter?.()
  }

  /** @param ms at most so long */
  async wait(ms: number): Promise<void> {
    if (!this.#happened) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#waiter = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#waiter = undefined
    }
    this.#happened = false
  }
}
