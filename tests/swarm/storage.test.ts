// Items and peers in a network that loses, doubles and reorders datagrams and whose nodes come and go: what was put is found.
import { bencode, type Found, keyPairFromSeed, signItem, targetOf, type Written } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { KademliaSwarm } from './kademlia-swarm.ts'
import { heavyTailed } from './simulator/link.ts'
import { say, table } from './simulator/report.ts'
import { LONG, SEED, seeded } from './simulator/seed.ts'

const NODES = LONG ? 1000 : 200
const ITEMS = 20
const MINUTE_MS = 60_000
const ROUGH = { loss: 0.05, duplication: 0.05, reordering: 0.1, delayMs: heavyTailed(15, 1.5, 400) }

test('items outlive those who hold them, and newer ones win', { timeout: 10 * MINUTE_MS }, () =>
  seeded((random) => {
    const swarm = new KademliaSwarm(random)
    swarm.network.link = ROUGH
    swarm.grow(NODES)
    const [publisher, reader] = [swarm.add(), swarm.add()]
    for (const host of [publisher, reader]) {
      const known = random.pick(swarm.hosts.slice(0, NODES)).address
      host.do((node, nowMs) => node.bootstrap([known], nowMs))
    }
    swarm.run(MINUTE_MS)
    const keys = keyPairFromSeed(random.bytes(32))
    const items = Array.from({ length: ITEMS }, (_, n) =>
      signItem(keys, { salt: Buffer.of(n), seq: 1n, value: bencode(`item ${n}`) }),
    )
    const stored: number[] = []
    for (const item of items) {
      const { operations } = publisher.machine
      publisher.do((_node, nowMs) => operations.publish(item, nowMs, (written) => stored.push(written.stored)))
      swarm.run(1000)
    }
    swarm.run(10_000)
    expect(stored.length).toBe(ITEMS)
    const found = () =>
      items.filter((item) => {
        const result = swarm.ask<Found>(reader, (node, nowMs, done) =>
          node.operations.get(targetOf(item), nowMs, done, { salt: item.salt }),
        )
        return result.item !== undefined && Buffer.compare(result.item.value, item.value) === 0
      }).length
    const rows: (string | number)[][] = [['at once', found(), stored.reduce((sum, count) => sum + count, 0) / ITEMS]]
    // when in two hours three quarters of the network are replaced
    for (let step = 0; step < 12; step++) {
      for (let i = 0; i < NODES / 16; i++)
        swarm.remove(random.pick(swarm.hosts.filter((host) => host !== publisher && host !== reader)))
      swarm.grow(Math.ceil(NODES / 16))
      swarm.run(10 * MINUTE_MS)
    }
    rows.push(['after churn', found(), stored.slice(-ITEMS).reduce((sum, count) => sum + count, 0) / ITEMS])
    // and a newer value is put by somebody else who has the key
    const newer = signItem(keys, { salt: Buffer.of(0), seq: 2n, value: bencode('newer') })
    const written = swarm.ask<Written>(reader, (node, nowMs, done) => node.operations.put(newer, nowMs, done))
    items[0] = newer
    rows.push(['newer', found(), written.stored])
    say(`${NODES} nodes, seed ${SEED}, 5 % loss`, table(['', `found of ${ITEMS}`, 'holders'], rows))
    expect(rows.map(([, count]) => count)).toEqual([ITEMS, ITEMS, ITEMS])
    expect(stored.length).toBeGreaterThanOrEqual(2 * ITEMS) // re-published in the second hour
  }),
)

test('who announces is found, from behind a rough network', { timeout: 2 * MINUTE_MS }, () =>
  seeded((random) => {
    const swarm = new KademliaSwarm(random)
    swarm.network.link = ROUGH
    swarm.grow(100)
    swarm.run(2 * MINUTE_MS)
    const infoHash = random.bytes(20)
    const announcers = swarm.hosts.slice(0, 10)
    for (const host of announcers) {
      const written = swarm.ask<Written>(host, (node, nowMs, done) =>
        node.operations.announce(infoHash, 4000, nowMs, done),
      )
      expect(written.stored).toBeGreaterThanOrEqual(4)
    }
    const found = swarm.ask<Found>(swarm.hosts[50] ?? swarm.add(), (node, nowMs, done) =>
      node.operations.getPeers(infoHash, nowMs, done),
    )
    const ips = new Set(found.peers.map(({ ip, port }) => `${ip.join()}:${port}`))
    expect(announcers.filter(({ address }) => ips.has(`${address.ip.join()}:4000`)).length).toBe(announcers.length)
  }),
)
