import { type FileHandle, open } from 'node:fs/promises'

type Waiting = Readonly<{ text: string; done: PromiseWithResolvers<void> }>

const LINE_FEED = 0x0a

/** A file that is only appended to. What is said while the disk is busy goes down together: one write, one sync. */
export class AppendFile implements AsyncDisposable {
  readonly #handle: FileHandle
  #waiting: Waiting[] = [] // BOUNDED by those who append, who wait for it
  #writing: Promise<void> | undefined
  #bytes: number
  /** The last line has no end: a crash, or a full disk, has cut it short. */
  #isCut: boolean

  private constructor(handle: FileHandle, bytes: number, isCut: boolean) {
    this.#handle = handle
    this.#bytes = bytes
    this.#isCut = isCut
  }

  /** Opens or makes it, for its owner's eyes alone. @throws what the operating system says */
  static async open(file: string): Promise<AppendFile> {
    const handle = await open(file, 'a+', 0o600)
    try {
      const { size } = await handle.stat()
      const last = Buffer.alloc(1)
      if (size > 0) await handle.read(last, 0, 1, size - 1)
      return new AppendFile(handle, size, size > 0 && last[0] !== LINE_FEED)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** As far as we wrote it. */
  get bytes(): number {
    return this.#bytes
  }

  /** Resolves when the text, whole lines, is on disk. @throws what the operating system says, such as ENOSPC */
  append(text: string): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#waiting.push({ text, done })
    this.#writing ??= this.#write()
    return done.promise
  }

  async #write(): Promise<void> {
    await Promise.resolve() // what is said in the same turn goes along
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        const bytes = Buffer.from((this.#isCut ? '\n' : '') + batch.map(({ text }) => text).join(''))
        this.#isCut = true // unless all of it is written
        await this.#handle.appendFile(bytes)
        this.#isCut = false
        await this.#handle.datasync()
        this.#bytes += bytes.length
        for (const { done } of batch) done.resolve()
      } catch (error) {
        for (const { done } of batch) done.reject(error)
      }
    }
    this.#writing = undefined // in the same turn in which nothing waited: who appends now begins anew
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    await this.#handle.close()
  }
}
