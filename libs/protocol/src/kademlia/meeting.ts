import type { UdpAddress } from '../krpc/compact.ts'
import { BOOTSTRAP_MAX } from './bootstrap.ts'
import type { Wire } from './wire.ts'

/** How often one address is asked. */
const TRIES_MAX = 3

type Stranger = { readonly to: UdpAddress; state: 'asked' | 'late' | 'answered' | 'gone'; tries: number; open: number }

/**
 * Pings nodes that are known from elsewhere, so that a lookup can begin with those who answer. For one who only wants to look
 * something up: joining (`Bootstrap`) would cost the network ten times as much.
 * @param onMet called once, with how many answered: when each has answered or is late, or 0 when all are given up
 */
export function meet(
  wire: Wire,
  addresses: readonly UdpAddress[],
  onMet: (answered: number, nowMs: number) => void,
  nowMs: number,
): void {
  const strangers = addresses.slice(0, BOOTSTRAP_MAX).map((to): Stranger => ({ to, state: 'asked', tries: 0, open: 0 }))
  let ended = false
  const check = (atMs: number): void => {
    if (ended) return
    const met = strangers.filter(({ state }) => state === 'answered').length
    const waiting = met > 0 ? 'asked' : undefined
    if (strangers.some(({ state }) => (waiting ? state === waiting : state !== 'gone'))) return
    ended = true
    onMet(met, atMs)
  }
  const ask = (stranger: Stranger, atMs: number): void => {
    stranger.tries++
    stranger.open++
    const left = (lastMs: number) => {
      if (--stranger.open === 0 && stranger.state !== 'answered') stranger.state = 'gone'
      check(lastMs)
    }
    const outcome = {
      replied: (_reply: unknown, answeredMs: number) => {
        stranger.state = 'answered'
        check(answeredMs)
      },
      refused: (_error: unknown, refusedMs: number) => left(refusedMs),
      late: (lateMs: number) => {
        if (stranger.state === 'asked') stranger.state = 'late'
        if (stranger.state === 'late' && stranger.tries < TRIES_MAX) ask(stranger, lateMs)
        check(lateMs)
      },
      lost: left,
    }
    if (!wire.ask(stranger.to, 'ping', {}, outcome, atMs)) left(atMs)
  }
  for (const stranger of strangers) ask(stranger, nowMs)
  if (strangers.length === 0) check(nowMs)
}
