import { compareDistance, KademliaNode, type NodeOptions, type Outgoing, Tokens } from '@p2pmsg/protocol'
import { publicAddress } from './simulator/address.ts'
import { type Host, Network } from './simulator/network.ts'
import type { Random } from './simulator/random.ts'
import { Timeline } from './simulator/timeline.ts'

export type NodeHost = Host<KademliaNode>

/** 2026-01-01, Unix milliseconds: nodes are not to notice that time is made up. */
const START_MS = Date.UTC(2026, 0, 1)
/** Nodes join one after another, milliseconds apart. */
const JOIN_EVERY_MS = 100
const SECOND_MS = 1000

/** Kademlia nodes in a virtual network: the very code that runs over sockets. */
export class KademliaSwarm {
  readonly network: Network
  readonly random: Random
  readonly hosts: NodeHost[] = []
  #made = 0

  constructor(random: Random) {
    this.random = random
    this.network = new Network(new Timeline(START_MS), random)
  }

  get nowMs(): number {
    return this.network.timeline.nowMs
  }

  machine(options: Partial<NodeOptions> = {}): KademliaNode {
    const { bytes } = this.random
    return new KademliaNode({
      id: bytes(20),
      tokens: new Tokens([bytes(32)]),
      random: bytes,
      nowMs: this.nowMs,
      ...options,
    })
  }

  /** A node at an address of its own, not yet joined. */
  add(options: Partial<NodeOptions> = {}): NodeHost {
    const host = this.network.add(this.machine(options), publicAddress(this.#made++))
    this.hosts.push(host)
    return host
  }

  /** Adds so many nodes; each joins through one that is there. */
  grow(count: number, options: Partial<NodeOptions> = {}): void {
    for (let i = 0; i < count; i++) {
      const known = this.hosts.length > 0 ? this.random.pick(this.hosts).address : undefined
      const host = this.add(options)
      if (known) host.do((node, nowMs) => node.bootstrap([known], nowMs))
      this.run(JOIN_EVERY_MS)
    }
  }

  remove(host: NodeHost): void {
    host.stop()
    this.hosts.splice(this.hosts.indexOf(host), 1)
  }

  run(ms: number): void {
    this.network.timeline.run(ms)
  }

  /** Lets time pass until a call has called back. @throws when it has not after a minute */
  ask<T>(
    host: NodeHost,
    call: (node: KademliaNode, nowMs: number, done: (result: T) => void) => readonly Outgoing[],
  ): T {
    let answer: { result: T } | undefined
    host.do((node, nowMs) => call(node, nowMs, (result) => (answer = { result })))
    this.network.timeline.run(60 * SECOND_MS, () => answer !== undefined)
    if (!answer) throw new Error('a call did not end within a minute')
    return answer.result
  }

  /** What a lookup should find. */
  closest(target: Uint8Array, count: number, without?: NodeHost): NodeHost[] {
    const closest: NodeHost[] = []
    for (const host of this.hosts) {
      const isNearer = (other: NodeHost) => compareDistance(target, host.machine.id, other.machine.id) < 0
      const last = closest.at(-1)
      if (host === without || (last && closest.length === count && !isNearer(last))) continue
      const at = closest.findIndex(isNearer)
      closest.splice(at < 0 ? closest.length : at, 0, host)
      if (closest.length > count) closest.pop()
    }
    return closest
  }
}
