import { readFile, rename, writeFile } from 'node:fs/promises'
import { parseCursor } from '@p2pmsg/protocol'
import { members } from '../../http/bounded-fetch.ts'
import { UsageError } from '../exit-code.ts'

/** How often the file is written at most, milliseconds; it is written at the end in any case. */
const WRITE_MS_MIN = 1_000
const TYPE = 'p2pmsg-feed-state'

/**
 * How far a feed was read, in a file: `--state` goes on there. It is written after what it speaks of was printed, so a process that
 * is killed repeats at most a second, and leaves nothing out.
 */
export class StateFile implements AsyncDisposable {
  readonly #path: string
  readonly #about: string
  #cursor: string | undefined
  #written: string | undefined
  #writtenMs = Number.NEGATIVE_INFINITY

  private constructor(path: string, about: string, cursor: string | undefined) {
    this.#path = path
    this.#about = about
    this.#cursor = cursor
    this.#written = cursor
  }

  /** @param about whose feed, and which messages of it @throws {UsageError} the file is of another feed, or none of ours */
  static async open(path: string, about: Readonly<Record<string, unknown>>): Promise<StateFile> {
    const words = JSON.stringify(about)
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw new UsageError(`cannot read ${path}: ${error.message}`)
    })
    return new StateFile(path, words, text === undefined ? undefined : cursorIn(text, path, words))
  }

  /** Where to go on; undefined = nothing was read yet. */
  get cursor(): string | undefined {
    return this.#cursor
  }

  /** @param atOnce writes it now */
  async read(cursor: string, atOnce = false): Promise<void> {
    this.#cursor = cursor
    if (atOnce || performance.now() - this.#writtenMs >= WRITE_MS_MIN) await this.#write()
  }

  async #write(): Promise<void> {
    if (this.#cursor === this.#written) return
    const cursor = this.#cursor
    const text = JSON.stringify({ type: TYPE, version: 1, about: JSON.parse(this.#about) as object, cursor })
    const whole = `${this.#path}.${process.pid}.new` // put in place whole: a crash leaves the one before
    await writeFile(whole, `${text}\n`)
    await rename(whole, this.#path)
    this.#written = cursor
    this.#writtenMs = performance.now()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#write()
  }
}

function cursorIn(text: string, path: string, about: string): string {
  const { type, version, cursor, about: found } = members(jsonIn(text))
  if (type !== TYPE || version !== 1 || typeof cursor !== 'string' || !parseCursor(cursor).ok)
    throw new UsageError(`${path} is not a state file of this command: name another, or remove it`)
  if (JSON.stringify(found) !== about)
    throw new UsageError(
      `${path} is about another feed, or other messages of it (${JSON.stringify(found)}): name another`,
    )
  return cursor
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
