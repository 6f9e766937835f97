// What a network goes through: an attacker who crowds around a target, a partition that heals, nodes behind NATs, readers that
// only ask.
import {
  bencode,
  type Found,
  KademliaNode,
  keyPairFromSeed,
  signItem,
  Tokens,
  targetOf,
  type Written,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { KademliaSwarm } from './kademlia-swarm.ts'
import { runLookups } from './lookups.ts'
import { address } from './simulator/address.ts'
import { Nat } from './simulator/nat.ts'
import { seeded } from './simulator/seed.ts'

const MINUTE_MS = 60_000

/** A liar's tokens, which its own node does not know again: each `put` to it fails. */
class Forgetful extends Tokens {
  override check(): boolean {
    return false
  }
}

test('two networks full of liars around a target do not hide what is stored there', { timeout: 2 * MINUTE_MS }, () =>
  seeded((random) => {
    const swarm = new KademliaSwarm(random)
    swarm.grow(300)
    swarm.run(3 * MINUTE_MS)
    const item = signItem(keyPairFromSeed(random.bytes(32)), {
      salt: new Uint8Array(0),
      seq: 1n,
      value: bencode('here'),
    })
    const target = targetOf(item)
    // given nodes with ids next to the target, which store nothing, in two networks
    for (let n = 0; n < 200; n++) {
      const id = Uint8Array.from(target, (byte, i) => (i < 6 ? byte : (random.bytes(1)[0] as number)))
      const liar = swarm.network.add(
        new KademliaNode({
          id,
          tokens: new Forgetful([random.bytes(32)]),
          random: random.bytes,
          nowMs: swarm.nowMs,
          perPrefixMax: 200,
        }),
        address(`66.6.${n % 2}.${1 + (n >> 1)}`, 6666),
      )
      const known = random.pick(swarm.hosts).address
      liar.do((node, nowMs) => node.bootstrap([known], nowMs))
      swarm.run(200)
    }
    swarm.run(5 * MINUTE_MS)
    // when an honest node stores and others read
    const [writer, ...readers] = swarm.hosts.slice(10, 40)
    if (!writer) throw new Error('nobody there')
    const written = swarm.ask<Written>(writer, (node, nowMs, done) => node.operations.put(item, nowMs, done))
    const reads = readers.map((host) =>
      swarm.ask<Found>(host, (node, nowMs, done) => node.operations.get(target, nowMs, done)),
    )
    // then it is stored and read
    expect(written.stored).toBeGreaterThanOrEqual(3)
    expect(reads.filter((found) => found.item !== undefined).length).toBe(readers.length)
  }),
)

test('after a partition both halves find each other again', { timeout: 2 * MINUTE_MS }, () =>
  seeded((random) => {
    const swarm = new KademliaSwarm(random)
    swarm.grow(150)
    swarm.run(12 * MINUTE_MS)
    const side = (ip: Uint8Array) => (ip[14] as number) % 2
    swarm.network.wall = (from, to) => side(from.ip) === side(to.ip)
    swarm.run(20 * MINUTE_MS)
    const during = runLookups(swarm, 100)
    swarm.network.wall = () => true
    swarm.run(30 * MINUTE_MS)
    const after = runLookups(swarm, 200)
    expect(during.exact).toBeLessThan(0.5)
    expect(after.exact).toBeGreaterThanOrEqual(0.99)
  }),
)

test('nodes behind NATs ask and read, also after the NAT has forgotten them; read-only ones are in no table', () =>
  seeded((random) => {
    const swarm = new KademliaSwarm(random)
    swarm.grow(100)
    swarm.run(2 * MINUTE_MS)
    const item = { value: bencode('for those at home') }
    const [writer] = swarm.hosts
    if (!writer) throw new Error('nobody there')
    swarm.ask<Written>(writer, (node, nowMs, done) => node.operations.put(item, nowMs, done))
    const outside = address('99.0.0.1', 0).ip
    const device = new Nat(outside)
    const home = [1, 2, 3].map((n) =>
      swarm.network.add(swarm.machine({ readOnly: true }), address(`192.168.0.${n}`, 6881), { device, ip: outside }),
    )
    const known = random.pick(swarm.hosts).address
    for (const host of home) host.do((node, nowMs) => node.bootstrap([known], nowMs))
    swarm.run(MINUTE_MS)
    for (const host of home) {
      const before = swarm.ask<Found>(host, (node, nowMs, done) => node.operations.get(targetOf(item), nowMs, done))
      device.rebind()
      const after = swarm.ask<Found>(host, (node, nowMs, done) => node.operations.get(targetOf(item), nowMs, done))
      expect([before.item?.value, after.item?.value].map((value) => Buffer.from(value ?? []).toString())).toEqual(
        Array.from({ length: 2 }, () => Buffer.from(item.value).toString()),
      )
    }
    const named = swarm.hosts.filter(({ machine }) => Buffer.from(machine.save()).includes(Buffer.from(outside)))
    expect(named).toEqual([])
  }))
