import type { Random } from './random.ts'

/** What a datagram meets on its way. All probabilities 0–1, each way, datagram by datagram. */
export type Link = Readonly<{
  loss: number
  /** A second copy arrives, with a delay of its own. */
  duplication: number
  /** It is held back behind those sent after it. */
  reordering: number
  /** One way, milliseconds. */
  delayMs: (random: Random) => number
}>

/** Held back for so long, milliseconds, at most. */
const HELD_BACK_MS_MAX = 200

export const PERFECT: Link = { loss: 0, duplication: 0, reordering: 0, delayMs: uniform(20, 60) }

/** Any delay between two, as likely. */
export function uniform(minMs: number, maxMs: number): (random: Random) => number {
  return (random) => minMs + random.float() * (maxMs - minMs)
}

/** Mostly short and sometimes very long, as on a crowded wireless link (Pareto). */
export function heavyTailed(minMs: number, shape: number, maxMs: number): (random: Random) => number {
  return (random) => Math.min(minMs / (1 - random.float()) ** (1 / shape), maxMs)
}

/** When the copies of one datagram arrive, milliseconds from now; none when it is lost. */
export function arrivals(link: Link, random: Random): number[] {
  const copies = random.chance(link.duplication) ? 2 : 1
  const delays: number[] = []
  for (let i = 0; i < copies; i++) {
    if (random.chance(link.loss)) continue
    const held = random.chance(link.reordering) ? random.float() * HELD_BACK_MS_MAX : 0
    delays.push(link.delayMs(random) + held)
  }
  return delays
}
