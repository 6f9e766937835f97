import { createHash } from 'node:crypto'

/** Which partition of MESSAGES a receiver's messages go to: the first 4 bytes of SHA-256(receiver's key), modulo their number. */
export function partitionOf(receiver: Uint8Array, partitions: number): number {
  return createHash('sha256').update(receiver).digest().readUInt32BE(0) % partitions
}
