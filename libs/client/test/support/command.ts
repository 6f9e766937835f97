// Runs `p2pmsg` as a process, as a shell would.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
/** Compiled code of earlier starts, as the launcher has it: dozens of processes start here. */
const COMPILE_CACHE =
  process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL('../../../../.p2pmsg/compile-cache', import.meta.url))

export type Ran = Readonly<{ code: number | null; stdout: string; stderr: string }>

/** A home of its own: no test reads or writes the keys of whoever runs it. */
export class Shell implements AsyncDisposable {
  readonly home: string
  readonly #env: Record<string, string>

  private constructor(home: string, env: Record<string, string>) {
    this.home = home
    this.#env = { PATH: process.env.PATH ?? '', HOME: home, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env }
  }

  static async open(env: Record<string, string> = {}): Promise<Shell> {
    return new Shell(await mkdtemp(join(tmpdir(), 'p2pmsg-home-')), env)
  }

  spawn(...words: string[]) {
    return spawn(process.execPath, [MAIN, ...words], { env: this.#env, cwd: this.home })
  }

  p2pmsg(...words: string[]): Promise<Ran> {
    return this.pipe('', ...words)
  }

  async pipe(input: string | Uint8Array, ...words: string[]): Promise<Ran> {
    const child = this.spawn(...words)
    child.stdin.on('error', () => undefined) // it may end without reading
    child.stdin.end(input)
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', resolve)
    })
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await ended, stdout, stderr }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true })
  }
}
