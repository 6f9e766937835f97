import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppendFile } from './append-file.ts'
import { formatLine, type Unsent, unsentIn } from './line.ts'
import { nameOfOurs, nameWhenLeft } from './owner.ts'
import { syncFolder } from './sync-folder.ts'

/** A journal that is this long takes no more; another is begun. */
export const JOURNAL_BYTES_MAX = 16 << 20

/** One file of one process: its messages that have no end yet. Gone when all have. */
export class Journal implements AsyncDisposable {
  readonly #file: string
  readonly #lines: AppendFile
  readonly #unsent: Map<string, Unsent> // BOUNDED by JOURNAL_BYTES_MAX

  private constructor(file: string, lines: AppendFile, unsent: Map<string, Unsent>) {
    this.#file = file
    this.#lines = lines
    this.#unsent = unsent
  }

  static async create(folder: string): Promise<Journal> {
    const file = join(folder, await nameOfOurs())
    const lines = await AppendFile.open(file)
    await syncFolder(folder)
    return new Journal(file, lines, new Map())
  }

  /** Takes over what a process left. @returns undefined when another was quicker */
  static async claim(folder: string, left: string): Promise<Journal | undefined> {
    const file = join(folder, await nameOfOurs())
    try {
      await rename(join(folder, left), file) // one of those who try it succeeds
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    const unsent = unsentIn(await readFile(file, 'utf8'))
    const lines = await AppendFile.open(file)
    return new Journal(file, lines, unsent)
  }

  get unsent(): ReadonlyMap<string, Unsent> {
    return this.#unsent
  }

  get isFull(): boolean {
    return this.#lines.bytes >= JOURNAL_BYTES_MAX
  }

  /** Resolves when it is on disk. */
  async add(message: Unsent): Promise<void> {
    this.#unsent.set(message.id, message)
    try {
      await this.#lines.append(formatLine({ add: message }))
    } catch (error) {
      this.#unsent.delete(message.id)
      throw error
    }
  }

  async end(id: string): Promise<void> {
    if (this.#unsent.delete(id)) await this.#lines.append(formatLine({ end: id }))
  }

  /** What has no end is left for whoever claims it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines[Symbol.asyncDispose]()
    if (this.#unsent.size === 0) return rm(this.#file, { force: true })
    await rename(this.#file, nameWhenLeft(this.#file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error // somebody was told that we are gone, and has taken it
    })
  }
}
