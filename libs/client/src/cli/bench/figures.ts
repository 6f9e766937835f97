import type { WayName } from '../../ways/way.ts'

/** What a run came to, as `--json` prints it. */
export type Figures = Readonly<{
  /** How messages go now. */
  way: WayName
  accepted: number
  /** Final refusals by code. */
  refused: Readonly<Record<string, number>>
  /** Sent, and nothing known of them in the end. */
  unanswered: number
  seconds: number
  /** Accepted messages a second. */
  perSecond: number
  /** From when a message was due to its receipt, milliseconds; null when none was accepted. */
  latency: Readonly<{ p50: number; p95: number; p99: number; max: number }> | null
  /** Datagrams or requests that went out beyond one a message. */
  repeats: number
  /** How often the cluster said to come back later, by code. */
  putOff: Readonly<Record<string, number>>
  /** Ended by Ctrl-C. */
  interrupted: boolean
}>

/** @param latencies milliseconds, in any order */
export function latencyOf(latencies: readonly number[]): Figures['latency'] {
  if (latencies.length === 0) return null
  const sorted = Float64Array.from(latencies).sort()
  return { p50: rank(sorted, 0.5), p95: rank(sorted, 0.95), p99: rank(sorted, 0.99), max: rank(sorted, 1) }
}

/** The nearest rank: the smallest value that so large a part of all does not exceed. */
function rank(sorted: Float64Array, part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
}

/** The figures as a table for people. */
export function tableOf(figures: Figures): string {
  const { accepted, refused, unanswered, seconds, perSecond, latency, repeats, putOff } = figures
  const refusals = Object.entries(refused)
  const lines = [
    row('', 'messages', 'per second'),
    row('accepted', String(accepted), perSecond.toFixed(1)),
    ...refusals.map(([code, count]) => row(`refused: ${code}`, String(count))),
    ...(unanswered > 0 ? [row('no answer yet', String(unanswered))] : []),
    row('sent again', String(repeats)),
    '',
    row('latency', 'p50', 'p95', 'p99', 'max'),
    row('ms', ...(latency ? Object.values(latency).map((ms) => ms.toFixed(1)) : ['–', '–', '–', '–'])),
    '',
    `in ${seconds.toFixed(2)} s by ${figures.way}${figures.interrupted ? ', interrupted' : ''}`,
  ]
  return [...lines, ...limits(putOff)].join('\n')
}

const NAME_WIDTH = 22
const CELL_WIDTH = 11

function row(name: string, ...cells: string[]): string {
  return `${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')}`.trimEnd()
}

/** Temporary refusals, and what they say of the figures. */
const LIMITED: Readonly<Record<string, string>> = {
  'rate-limited':
    "a bucket was empty, this address's at the router or the receiver's: the figures are the limit's, not the cluster's",
  busy: 'the cluster had as much as it takes',
  unavailable: 'a part of the cluster could not be reached',
}

function limits(putOff: Figures['putOff']): string[] {
  return Object.entries(putOff).map(([code, times]) => `put off ${times} times, ${code}: ${LIMITED[code] ?? ''}`)
}
