/** Wait before the first repetition, milliseconds; each further one doubles it. */
const FIRST_MS = 500
/** Longest wait between two repetitions, milliseconds. */
const LONGEST_MS = 30_000
/** Each wait is drawn from ±20 %, so that senders which failed together do not come back together. */
const SPREAD = 0.2

/**
 * How long to wait for an answer before sending the same bytes again: 0.5 s doubling to 30 s, ±20 %.
 * @param sent how often the message has been sent before this time
 * @param random uniform in [0, 1)
 * @returns milliseconds
 */
export function resendMs(sent: number, random: () => number = Math.random): number {
  const wait = Math.min(FIRST_MS * 2 ** Math.min(sent, 16), LONGEST_MS)
  return wait * (1 + SPREAD * (2 * random() - 1))
}
