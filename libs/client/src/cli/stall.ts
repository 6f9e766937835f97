/** How often it looks, milliseconds. */
const LOOK_MS = 250

/** Aborts its signal when there is something to wait for and nothing has come for so long. */
export class Stall implements Disposable {
  readonly #stopped = new AbortController()
  readonly #timer: NodeJS.Timeout | undefined
  #sinceMs = performance.now()

  /** @param seconds 0 = for ever */
  constructor(seconds: number, isWaiting: () => boolean) {
    if (seconds === 0) return
    this.#timer = setInterval(() => {
      const now = performance.now()
      if (!isWaiting()) this.#sinceMs = now
      else if (now - this.#sinceMs >= seconds * 1000) this.#stopped.abort(new Stalled())
    }, LOOK_MS)
  }

  get signal(): AbortSignal {
    return this.#stopped.signal
  }

  /** Something came. */
  came(): void {
    this.#sinceMs = performance.now()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** Why a stall's signal is aborted. */
export class Stalled extends Error {
  override readonly name = 'Stalled'
}
