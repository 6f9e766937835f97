import { constants } from 'node:os'

const AGAIN_MS = 1_000 // one Ctrl-C may arrive twice: from the terminal, and passed on by the launcher
const PARENT_POLL_MS = 500
const GRACE_MS = 120_000 // drains and shutdowns have deadlines of their own, in all less than this

export type End = Readonly<{
  /** Aborted when the stack shall stop. */
  signal: AbortSignal
  /** Resolves with nothing when the stack shall stop. */
  happened: Promise<undefined>
  exitCode: () => number
}>

/**
 * The first reason to stop: Ctrl-C, SIGTERM, SIGHUP, or the end of whoever started us. A second Ctrl-C stops at once: the
 * children are killed, which loses nothing that a receipt promised.
 */
export function firstEnd(say: (text: string) => void): End {
  const controller = new AbortController()
  const { promise: happened, resolve } = Promise.withResolvers<undefined>()
  let first: { signal: NodeJS.Signals; at: number } | undefined
  const stop = (signal: NodeJS.Signals): void => {
    if (!first) {
      first = { signal, at: Date.now() }
      say('\nstopping: router, ingest, store, render-api, NATS, Postgres (Ctrl-C again kills them) …')
      setTimeout(() => process.exit(exitCodeOf(signal)), GRACE_MS).unref()
      controller.abort(new Error(`stopped by ${signal}`))
      resolve(undefined)
    } else if (Date.now() - first.at > AGAIN_MS) {
      process.exit(exitCodeOf(first.signal))
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent && !first) stop('SIGTERM')
  }, PARENT_POLL_MS).unref()
  return { signal: controller.signal, happened, exitCode: () => (first ? exitCodeOf(first.signal) : 0) }
}

/** Ctrl-C is how a stack is meant to end: 0. */
function exitCodeOf(signal: NodeJS.Signals): number {
  return signal === 'SIGINT' ? 0 : 128 + constants.signals[signal]
}
