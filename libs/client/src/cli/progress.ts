/** Time between two lines of progress, milliseconds. */
const REFRESH_MS = 250
const CLEAR_LINE = '\r\x1b[K'

/** One line on a terminal's stderr that is written over until it is disposed; nothing at all elsewhere. */
export class Progress implements Disposable {
  readonly #timer: NodeJS.Timeout | undefined

  constructor(line: () => string) {
    if (!process.stderr.isTTY) return
    const show = () => {
      const { columns } = process.stderr
      process.stderr.write(CLEAR_LINE + line().slice(0, columns - 1))
    }
    this.#timer = setInterval(show, REFRESH_MS)
    this.#timer.unref()
  }

  [Symbol.dispose](): void {
    if (!this.#timer) return
    clearInterval(this.#timer)
    process.stderr.write(CLEAR_LINE)
  }
}
