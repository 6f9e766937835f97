import { createWriteStream, renameSync, type WriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

const LOG_FILE_BYTES_MAX = 16 * 1024 * 1024 // then it becomes <name>.log.1 and a new one begins: two files a child at most

/** One child's log, as it printed it. */
class LogFile {
  readonly #path: string
  #stream: WriteStream
  #bytes = 0

  constructor(path: string) {
    this.#path = path
    this.#stream = this.#open()
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1
    if (this.#bytes + bytes > LOG_FILE_BYTES_MAX) {
      this.#stream.end()
      renameSync(this.#path, `${this.#path}.1`)
      this.#stream = this.#open()
      this.#bytes = 0
    }
    this.#bytes += bytes
    this.#stream.write(`${line}\n`)
  }

  end(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(() => resolve()))
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#path, { mode: 0o600 })
    stream.on('error', () => undefined) // a full disk must not stop the stack for its logs' sake
    return stream
  }
}

/** A folder with one file a child. */
export class LogFolder implements AsyncDisposable {
  readonly folder: string
  readonly #files = new Map<string, LogFile>() // BOUNDED: one per child's name

  private constructor(folder: string) {
    this.folder = folder
  }

  static async in(folder: string): Promise<LogFolder> {
    await mkdir(folder, { recursive: true })
    return new LogFolder(folder)
  }

  write(name: string, line: string): void {
    let file = this.#files.get(name)
    if (!file) {
      file = new LogFile(join(this.folder, `${name}.log`))
      this.#files.set(name, file)
    }
    file.write(line)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.end()))
    this.#files.clear()
  }
}
