import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A part of the bench in a process of its own, told what to do by its first message. */
export class PartProcess implements AsyncDisposable {
  readonly child: ChildProcess

  /** @param module beside this one */
  constructor(module: string, order?: object) {
    const path = fileURLToPath(new URL(module, import.meta.url))
    this.child = fork(path, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
    if (order) this.child.send(order)
  }

  /** The next thing that it says. @throws when it ends instead */
  async next<T>(): Promise<T> {
    const over = new AbortController()
    const { signal } = over
    const early = once(this.child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a part of the bench ended with ${String(code)} and no result`)
    })
    try {
      const [said] = (await Promise.race([once(this.child, 'message', { signal }), early])) as [T]
      return said
    } finally {
      early.catch(() => undefined)
      over.abort()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }
}
