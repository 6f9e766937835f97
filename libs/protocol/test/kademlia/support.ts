import { createHash } from 'node:crypto'
import { KademliaNode, type NodeOptions, parseIp, Tokens, type UdpAddress } from '@p2pmsg/protocol'

export const NOW = Date.UTC(2026, 0, 1)

/** The same bytes for the same number, and other ones for others. */
export function bytesOf(seed: number | string, length = 20): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(`bytes ${seed}`).digest().subarray(0, length))
}

/** Not random at all, so that a failure comes again. */
export function predictable(seed = 0): (bytes: number) => Uint8Array {
  let count = 0
  return (bytes) => bytesOf(`${seed}.${count++}`, bytes)
}

/** The nth public address, each in a /24 of its own. */
export function addressOf(n: number, port = 6881): UdpAddress {
  return { ip: parseIp(`${20 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.1`) as Uint8Array, port }
}

export function aNode(options: Partial<NodeOptions> = {}): KademliaNode {
  return new KademliaNode({
    id: bytesOf('id'),
    tokens: new Tokens([bytesOf('secret', 32)]),
    random: predictable(),
    nowMs: NOW,
    ...options,
  })
}
