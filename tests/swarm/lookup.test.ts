// Lookups in a whole network of the node that runs over sockets: that they find the closest eight, and how fast, with and
// without loss. Time is virtual, so a time here is a property of the algorithm and not of the machine that runs the test.
import { expect, test } from 'vitest'
import { KademliaSwarm } from './kademlia-swarm.ts'
import { LOOKUP_HEAD, type LookupStats, lookupRow, runLookups } from './lookups.ts'
import { uniform } from './simulator/link.ts'
import { plot, quantile, say, table } from './simulator/report.ts'
import { LONG, SEED, seeded } from './simulator/seed.ts'

const NODES = LONG ? 10_000 : 1000
const LOOKUPS = LONG ? 10_000 : 1000
const MINUTE_MS = 60_000
/** Round trips of 40–120 ms, 80 in the mean. */
const DELAY = uniform(20, 60)
/** Loss of datagrams each way; a question and its answer are two. */
const LOSSES = [
  { name: 'no loss', loss: 0, share: 1 },
  { name: '20 % of exchanges', loss: 1 - Math.sqrt(0.8), share: 0.5 },
  { name: '20 % of datagrams', loss: 0.2, share: 1 },
  { name: '40 % of datagrams', loss: 0.4, share: 0.2 },
] as const

test(`lookups among ${NODES} nodes`, { timeout: (LONG ? 60 : 5) * MINUTE_MS }, () =>
  seeded((random) => {
    const swarm = new KademliaSwarm(random)
    swarm.network.link = { loss: 0, duplication: 0, reordering: 0, delayMs: DELAY }
    swarm.grow(NODES)
    swarm.run(11 * MINUTE_MS) // every bucket has been refreshed once
    const results = new Map<string, LookupStats>()
    for (const { name, loss, share } of LOSSES) {
      swarm.network.link = { ...swarm.network.link, loss }
      results.set(name, runLookups(swarm, Math.ceil(LOOKUPS * share)))
    }
    const [none, exchanges, datagrams] = LOSSES.map(({ name }) => results.get(name))
    say(
      `${NODES} nodes, round trips of 40–120 ms, seed ${SEED}`,
      table(
        LOOKUP_HEAD,
        [...results].map(([name, stats]) => lookupRow(name, stats)),
      ),
      plot('time of a lookup when one datagram in five is lost', datagrams?.tookMs ?? [], 'ms'),
    )
    expect(none?.exact).toBeGreaterThanOrEqual(0.999)
    expect(quantile(none?.queries ?? [], 0.5)).toBeLessThanOrEqual(16)
    for (const { tookMs = [] } of [exchanges ?? {}, datagrams ?? {}]) {
      expect(quantile(tookMs, 0.5)).toBeLessThanOrEqual(524)
      expect(quantile(tookMs, 0.9)).toBeLessThanOrEqual(1058)
    }
  }),
)
