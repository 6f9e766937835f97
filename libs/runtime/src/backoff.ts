import { setTimeout as delay } from 'node:timers/promises'

/** Waits between tries: 0.5 s doubling to 30 s, each ±20 % so that many do not come back at once. */
const FIRST_MS = 500
const LAST_MS = 30_000
const SPREAD = 0.2

/** @param attempt 0 for the wait after the first failure @returns milliseconds */
export function backoffMs(attempt: number, lastMs = LAST_MS): number {
  const base = Math.min(FIRST_MS * 2 ** Math.min(attempt, 16), lastMs)
  return base * (1 - SPREAD + Math.random() * 2 * SPREAD)
}

/** Resolves after the time or, at once, when the signal aborts: whoever waits must look at it anyway. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined)
}
