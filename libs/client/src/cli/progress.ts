/** Time between two looks at a terminal's line, milliseconds. */
const REFRESH_MS = 250
/** Time between two lines where there is no terminal, milliseconds. */
const LINE_MS = 5_000
const CLEAR_LINE = '\r\x1b[K'

/** A line on stderr that says how far something is: on a terminal written over until it is disposed. */
export class Progress implements Disposable {
  readonly #timer: NodeJS.Timeout | undefined

  /** @param elsewhere where there is no terminal: silence, or a line every few seconds, for logs */
  constructor(line: () => string, elsewhere: 'silent' | 'lines' = 'silent') {
    const { isTTY } = process.stderr
    if (!isTTY && elsewhere === 'silent') return
    const show = () => {
      const { columns } = process.stderr
      process.stderr.write(isTTY ? CLEAR_LINE + line().slice(0, columns - 1) : `${line()}\n`)
    }
    this.#timer = setInterval(show, isTTY ? REFRESH_MS : LINE_MS)
    this.#timer.unref()
  }

  [Symbol.dispose](): void {
    if (!this.#timer) return
    clearInterval(this.#timer)
    if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE)
  }
}
