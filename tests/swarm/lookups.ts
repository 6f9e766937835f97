import type { Found } from '@p2pmsg/protocol'
import type { KademliaSwarm, NodeHost } from './kademlia-swarm.ts'
import { quantile } from './simulator/report.ts'

/** One lookup begins so long after the one before, milliseconds: many are under way at once. */
const EVERY_MS = 25
/** All have ended by then, milliseconds. */
const END_MS = 30_000

export type LookupStats = Readonly<{
  count: number
  /** Those that named exactly the eight closest nodes, 0–1. */
  exact: number
  queries: readonly number[]
  hops: readonly number[]
  tookMs: readonly number[]
}>

/** Random nodes look for random targets; what they find is held against what an all-knowing eye sees. */
export function runLookups(swarm: KademliaSwarm, count: number): LookupStats {
  const ended: { target: Uint8Array; asker: NodeHost; found: Found }[] = []
  for (let i = 0; i < count; i++) {
    const [asker, target] = [swarm.random.pick(swarm.hosts), swarm.random.bytes(20)]
    asker.do((node, nowMs) => node.operations.find(target, nowMs, (found) => ended.push({ target, asker, found })))
    swarm.run(EVERY_MS)
  }
  swarm.network.timeline.run(END_MS, () => ended.length === count)
  if (ended.length < count) throw new Error(`${count - ended.length} lookups did not end`)
  const exact = ended.filter(({ target, asker, found }) => {
    const wanted = swarm.closest(target, 8, asker)
    return wanted.every((host, i) => Buffer.compare(host.machine.id, found.closest[i]?.id ?? new Uint8Array(0)) === 0)
  })
  const each = (pick: (found: Found) => number) => ended.map(({ found }) => pick(found))
  return {
    count,
    exact: exact.length / count,
    queries: each(({ queries }) => queries),
    hops: each(({ hops }) => hops),
    tookMs: each(({ tookMs }) => tookMs),
  }
}

export const LOOKUP_HEAD = [
  '',
  'lookups',
  'closest 8',
  'messages p50',
  'p90',
  'hops p50',
  'p90',
  'ms p50',
  'p90',
  'p99',
]

export function lookupRow(name: string, { count, exact, queries, hops, tookMs }: LookupStats): (string | number)[] {
  const share = `${(exact * 100).toFixed(1)} %`
  const [p50, p90] = [0.5, 0.9]
  return [
    name,
    count,
    share,
    quantile(queries, p50),
    quantile(queries, p90),
    quantile(hops, p50),
    quantile(hops, p90),
    quantile(tookMs, p50),
    quantile(tookMs, p90),
    quantile(tookMs, 0.99),
  ]
}
