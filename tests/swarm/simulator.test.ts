// The simulator itself: the same seed gives the same world, and a link does what it says. Any machine runs in it.
import type { Machine, Outgoing, UdpAddress } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { KademliaSwarm } from './kademlia-swarm.ts'
import { runLookups } from './lookups.ts'
import { publicAddress } from './simulator/address.ts'
import { PERFECT } from './simulator/link.ts'
import { Network } from './simulator/network.ts'
import { Random } from './simulator/random.ts'
import { Timeline } from './simulator/timeline.ts'

/** Sends a numbered datagram every 10 ms, and notes what arrives. */
class Counter implements Machine {
  readonly #to: UdpAddress | undefined
  readonly heard: number[] = []
  #sent = 0
  deadline: number | undefined

  constructor(to?: UdpAddress) {
    this.#to = to
    this.deadline = to ? 0 : undefined
  }

  receive(bytes: Uint8Array): readonly Outgoing[] {
    this.heard.push(Buffer.from(bytes).readUInt16BE())
    return []
  }

  tick(nowMs: number): readonly Outgoing[] {
    if (!this.#to) return []
    this.deadline = nowMs + 10
    const bytes = Buffer.alloc(2)
    bytes.writeUInt16BE(this.#sent++)
    return [{ to: this.#to, bytes }]
  }
}

function counted(change: Partial<typeof PERFECT>): number[] {
  const network = new Network(new Timeline(0), new Random(5))
  network.link = { ...PERFECT, ...change }
  const listener = network.add(new Counter(), publicAddress(1))
  network.add(new Counter(listener.address), publicAddress(2))
  network.timeline.run(20_000)
  return listener.machine.heard
}

test('loss, duplication and reordering happen as often as asked for', () => {
  expect(counted({ delayMs: () => 20 }).length).toBe(1999)
  expect(counted({ loss: 0.25 }).length / 2000).toBeCloseTo(0.75, 1)
  expect(counted({ duplication: 0.25 }).length / 2000).toBeCloseTo(1.25, 1)
  const inOrder = (heard: number[]) => heard.every((number, i) => i === 0 || number > (heard[i - 1] ?? 0))
  expect(inOrder(counted({ delayMs: () => 20 }))).toBe(true)
  expect(inOrder(counted({ delayMs: () => 20, reordering: 0.1 }))).toBe(false)
})

test('the same seed gives the same world', () => {
  const world = (seed: number) => {
    const swarm = new KademliaSwarm(new Random(seed))
    swarm.network.link = { ...PERFECT, loss: 0.1, duplication: 0.1 }
    swarm.grow(60)
    return { lookups: runLookups(swarm, 50), counts: swarm.network.counts }
  }
  const first = world(1)
  expect(world(1)).toEqual(first)
  expect(world(2)).not.toEqual(first)
})
