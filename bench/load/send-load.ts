import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadOrder, LoadResult } from './load.ts'

const PROCESSES = {
  krpc: new URL('./sender-process.ts', import.meta.url),
  pipe: new URL('./pipe-sender-process.ts', import.meta.url),
}

/** A load under way in a process of its own. */
export type RunningLoad = Readonly<{ result: Promise<LoadResult> }>

/** @param over a pipe knows neither rates nor sources @throws when the sending process ends without a result */
export function sendLoad(order: LoadOrder, over: 'krpc' | 'pipe' = 'krpc'): RunningLoad {
  const child = fork(fileURLToPath(PROCESSES[over]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  child.send(order)
  const message = once(child, 'message').then(([result]) => result as LoadResult)
  const early = once(child, 'exit').then(([code]) => {
    throw new Error(`the sending process ended with ${String(code)} and no result`)
  })
  return { result: Promise.race([message, early]) }
}
