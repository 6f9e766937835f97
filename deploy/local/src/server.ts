import type { Child, Exit } from './child.ts'

/** A process of the stack that can be stopped, killed and started again with the same ports and data. */
export abstract class Server implements AsyncDisposable {
  abstract readonly name: string
  protected abstract readonly stopSignal: NodeJS.Signals
  /** Milliseconds until a stop becomes a kill. */
  protected abstract readonly stopMs: number
  /** Called at each start as soon as there is a process, before it can be used. */
  onSpawn: (server: Server) => Promise<void> = async () => undefined
  #child: Child | undefined
  #stopping = false

  /** Starts the process, without waiting. */
  protected abstract spawn(): Child
  /** Resolves once it can be used. @throws {Trouble} when it ends first or takes too long */
  protected abstract ready(child: Child): Promise<void>

  /** Starts it and waits until it can be used; a start that fails leaves no process. */
  async start(): Promise<void> {
    this.#stopping = false
    this.#child = this.spawn()
    try {
      await this.onSpawn(this)
      await this.ready(this.#child)
    } catch (error) {
      await this.#child.kill()
      throw error
    }
  }

  /** 0 before the first start. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get running(): boolean {
    return this.#child?.running ?? false
  }

  /** True between a stop or kill of ours and the next start: an end that nobody needs to be told of. */
  get stopping(): boolean {
    return this.#stopping
  }

  /** How the present process ended. Pending while it runs. */
  get exited(): Promise<Exit> {
    return this.#child?.exited ?? Promise.resolve({ code: null, signal: null })
  }

  /** What it printed last. */
  get lastLines(): readonly string[] {
    return this.#child?.lastLines ?? []
  }

  /** Sends a signal, e.g. SIGSTOP and SIGCONT. False if it is gone. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#child?.signal(signal) ?? false
  }

  /** SIGKILL, and waits until it is gone: nothing is said, nothing is flushed. */
  async kill(): Promise<void> {
    this.#stopping = true
    await this.#child?.kill()
  }

  /** Asks it to end in its own order; kills it when the deadline has passed. */
  async stop(): Promise<Exit> {
    this.#stopping = true
    return (await this.#child?.stop(this.stopSignal, this.stopMs)) ?? { code: null, signal: null }
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
