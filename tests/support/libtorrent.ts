import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PYTHON = '/usr/bin/python3' // Debian's package is seen by Debian's Python alone
const SCRIPT = fileURLToPath(new URL('../interop/dht-libtorrent.py', import.meta.url))

export type LibtorrentAnswer = Readonly<{
  error?: string
  port?: number
  target?: string
  stored?: number
  value?: string
  seq?: number
  peers?: string[]
}>

/** Why there is no libtorrent here; undefined where there is. */
export async function libtorrentMissing(): Promise<string | undefined> {
  const child = spawn(PYTHON, ['-c', 'import libtorrent'], { stdio: 'ignore' })
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', () => resolve(undefined)))
  return code === 0 ? undefined : `Debian's python3-libtorrent is not installed`
}

/** A libtorrent session in a process of its own, on a loopback address of its own. */
export class Libtorrent implements AsyncDisposable {
  readonly #child: ReturnType<typeof Libtorrent.spawn>
  readonly #answers: AsyncIterator<string>

  /** @param bootstrap host:port, or '' */
  constructor(host: string, bootstrap: string) {
    this.#child = Libtorrent.spawn(host, bootstrap)
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  static spawn(host: string, bootstrap: string) {
    const words = ['-W', 'ignore', SCRIPT, host, bootstrap]
    return spawn(PYTHON, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  }

  async do(what: string, more: Readonly<Record<string, string>> = {}): Promise<LibtorrentAnswer> {
    this.#child.stdin.write(`${JSON.stringify({ do: what, ...more })}\n`)
    const { value, done } = await this.#answers.next()
    return done ? { error: 'it ended' } : (JSON.parse(value) as LibtorrentAnswer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGKILL') // a session that ends by itself first says goodbye to trackers
    await ended
  }
}
