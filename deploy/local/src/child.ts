import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithUs } from './end-with-us.ts'
import { eachLine } from './lines.ts'
import { Trouble } from './trouble.ts'

const LAST_LINES_MAX = 20 // kept to explain why a child died
const READY_POLL_MS = 20
const KILL_MS = 5_000 // SIGKILL needs no consent; only a process stuck in the kernel takes longer

export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>
export type ChildOptions = Readonly<{
  name: string
  command: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  onLine?: (line: string, name: string) => void
}>

/**
 * One process of the stack. It leads a process group of its own: Ctrl-C on the terminal must reach us alone, or everything
 * would stop at once instead of in order.
 */
export class Child {
  readonly name: string
  readonly pid: number
  readonly exited: Promise<Exit>
  readonly #process: ChildProcess
  readonly #lastLines: string[] = []
  #exit: Exit | undefined

  constructor(options: ChildOptions) {
    this.name = options.name
    const child = spawn(options.command, options.args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.env && { env: options.env }),
      ...(options.cwd && { cwd: options.cwd }),
    })
    this.#process = child
    this.pid = child.pid ?? 0
    endWithUs(child)
    const { promise, resolve } = Promise.withResolvers<Exit>()
    this.exited = promise
    const ended = (exit: Exit): void => {
      this.#exit ??= exit
      resolve(exit)
    }
    child.once('error', (error) => {
      this.#lastLines.push(error.message)
      ended({ code: 127, signal: null })
    })
    child.once('close', (code, signal) => ended({ code, signal }))
    // A grandchild may hold the pipes open long after the process itself is gone.
    child.once('exit', (code, signal) => setTimeout(() => ended({ code, signal }), 100))
    for (const stream of [child.stdout, child.stderr]) {
      eachLine(stream, (line) => {
        this.#lastLines.push(line)
        if (this.#lastLines.length > LAST_LINES_MAX) this.#lastLines.shift()
        options.onLine?.(line, options.name)
      })
    }
  }

  get running(): boolean {
    return this.#exit === undefined
  }

  /** The last lines that it printed, newest last. */
  get lastLines(): readonly string[] {
    return this.#lastLines
  }

  /** Sends a signal to this process alone; false if it is gone. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#process.kill(signal)
  }

  /** Asks it to end, and kills it when the deadline has passed. */
  async stop(signal: NodeJS.Signals, deadlineMs: number): Promise<Exit> {
    if (this.#exit) return this.#exit
    this.signal(signal)
    this.signal('SIGCONT') // a stopped process cannot hear the signal
    const ended = await Promise.race([this.exited, sleep(deadlineMs, undefined, { ref: false })])
    return ended ?? this.kill()
  }

  async kill(): Promise<Exit> {
    this.signal('SIGKILL')
    const ended = await Promise.race([this.exited, sleep(KILL_MS, undefined, { ref: false })])
    if (!ended) throw new Trouble(`${this.name} (process ${this.pid}) does not die of SIGKILL`)
    return ended
  }

  /**
   * Waits until `probe` says yes.
   * @throws {Trouble} with its last lines, when it ends first or `timeoutMs` pass
   */
  async ready(probe: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    if (this.pid === 0) await once(this.#process, 'error').catch(() => undefined)
    const until = Date.now() + timeoutMs
    while (this.#exit === undefined) {
      if (await probe()) return
      if (Date.now() > until)
        throw new Trouble(`${this.name} is not ready after ${timeoutMs / 1000} s${this.#saying()}`)
      await sleep(READY_POLL_MS)
    }
    throw new Trouble(`${this.name} ended while starting (${described(this.#exit)})${this.#saying()}`)
  }

  #saying(): string {
    return this.#lastLines.length === 0
      ? ''
      : `; its last lines:\n${this.#lastLines.map((line) => `  ${line}`).join('\n')}`
  }
}

export function described(exit: Exit): string {
  return exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`
}
