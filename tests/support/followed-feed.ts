import type { ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import type { FeedMessage } from '@p2pmsg/client'

/** `p2pmsg feed --follow --json` as a process. */
export class FollowedFeed {
  readonly ids: string[] = []
  readonly #child: ChildProcess
  readonly #lines = new EventEmitter()

  constructor(child: ChildProcess) {
    this.#child = child
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
      this.ids.push((JSON.parse(line) as FeedMessage).id)
      this.#lines.emit('line')
    })
  }

  async until(count: number): Promise<void> {
    while (this.ids.length < count) await once(this.#lines, 'line')
  }

  async ctrlC(): Promise<number> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGINT')
    const [code] = (await closed) as [number]
    return code
  }
}
