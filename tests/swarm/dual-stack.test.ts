// Two families of addresses are two networks (BEP 32), joined by the nodes that stand in both: who comes through one learns of the
// other, and what such a node puts is found in each.
import {
  bencode,
  type Found,
  isIpv4,
  keyPairFromSeed,
  parseSavedTable,
  signItem,
  targetOf,
  type Written,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { KademliaSwarm, type NodeHost } from './kademlia-swarm.ts'
import { publicAddress, publicAddress6 } from './simulator/address.ts'
import { seeded } from './simulator/seed.ts'

const MINUTE_MS = 60_000
const EACH = 50

function contacts({ machine }: NodeHost): { v4: number; v6: number } {
  const table = parseSavedTable(machine.save())
  if (!table.ok) throw new Error(table.fault)
  const v4 = table.value.contacts.filter(({ address }) => isIpv4(address.ip)).length
  return { v4, v6: table.value.contacts.length - v4 }
}

test('nodes in both families know both, and what they put is read in each', { timeout: 2 * MINUTE_MS }, () =>
  seeded((random) => {
    const swarm = new KademliaSwarm(random)
    const [dual, old, young]: NodeHost[][] = [[], [], []]
    for (let n = 0; n < EACH; n++) {
      const both = swarm.machine({ families: [4, 6] })
      dual?.push(swarm.network.addDual(both, publicAddress(n), publicAddress6(n)))
      old?.push(swarm.network.add(swarm.machine({ families: [4] }), publicAddress(1000 + n)))
      young?.push(swarm.network.add(swarm.machine({ families: [6] }), publicAddress6(1000 + n)))
    }
    // given that all join through one node, those of both families through an address of one alone
    const [first] = dual ?? []
    if (!first?.second || !dual || !old || !young) throw new Error('nobody there')
    for (const [i, host] of [...dual.slice(1), ...old, ...young].entries()) {
      const known = young.includes(host) || (dual.includes(host) && i % 2 === 0) ? first.second : first.address
      host.do((node, nowMs) => node.bootstrap([known], nowMs))
      swarm.run(200)
    }
    swarm.run(15 * MINUTE_MS)
    // then each knows nodes of its families, and of no other
    for (const host of dual) {
      const { v4, v6 } = contacts(host)
      expect(Math.min(v4, v6)).toBeGreaterThanOrEqual(20)
    }
    for (const host of old) expect(contacts(host)).toEqual({ v4: expect.any(Number), v6: 0 })
    for (const host of young) expect(contacts(host)).toEqual({ v4: 0, v6: expect.any(Number) })
    // and what one of both families puts is read by those of either
    const item = signItem(keyPairFromSeed(random.bytes(32)), {
      salt: new Uint8Array(0),
      seq: 1n,
      value: bencode('for all'),
    })
    const written = swarm.ask<Written>(random.pick(dual), (node, nowMs, done) => node.operations.put(item, nowMs, done))
    expect(written.stored).toBeGreaterThanOrEqual(12) // eight in each family; a node of both can be among either
    for (const host of [...old.slice(0, 10), ...young.slice(0, 10)]) {
      const found = swarm.ask<Found>(host, (node, nowMs, done) => node.operations.get(targetOf(item), nowMs, done))
      expect(found.item).toEqual(item)
    }
  }),
)
