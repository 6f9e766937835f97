import { createHmac } from 'node:crypto'

/** Node ids and targets share one 160-bit space (Maymounkov and Mazières 2002, §2), bytes. */
export const ID_BYTES = 20

/** XOR distance order (2002 paper, §2.1): negative when `a` is closer to `target` than `b`. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const [t, x, y] = [target[i] as number, a[i] as number, b[i] as number]
    if (x !== y) return (t ^ x) - (t ^ y)
  }
  return 0
}

/** The id that all replicas of a cluster's router derive from their shared secret: behind one address they are one node. */
export function sharedNodeId(clusterSecret: Uint8Array): Uint8Array {
  return createHmac('sha1', clusterSecret).update('node-id').digest()
}
