/** Lets some go on at a time and others wait for their turn, first come first served. */
export class Turns {
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = [] // at most #waitingMax
  #free: number

  /** @param atOnce how many go on @param waitingMax how many wait; more are turned away */
  constructor(atOnce: number, waitingMax: number) {
    this.#free = atOnce
    this.#waitingMax = waitingMax
  }

  /** Whoever asks for a turn now is turned away. */
  get full(): boolean {
    return this.#free === 0 && this.#waiting.length >= this.#waitingMax
  }

  /** Only while not {@link full}. @returns what ends the turn */
  async take(): Promise<Disposable> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return { [Symbol.dispose]: () => this.#end() }
  }

  #end(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}
