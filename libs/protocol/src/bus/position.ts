/**
 * Where a message stands in the log: (MESSAGES sequence × 256 + slot in its block). One order for all readers, never the
 * sender's clock. A bigint in code, a decimal string in JSON; holes are normal.
 */
export type Position = bigint

const SLOTS = 256n
/** The first sequence of an epoch's log is epoch × 2^40, so positions of a rebuilt log follow those of the one before. */
export const EPOCH_SEQUENCES = 2 ** 40
/** Sequences stay exact in a double (2^53), so this is the last epoch. */
export const EPOCH_MAX = 2 ** 13 - 1

export function positionOf(streamSeq: number, slot: number): Position {
  return BigInt(streamSeq) * SLOTS + BigInt(slot)
}

export function streamSeqOf(position: Position): number {
  return Number(position / SLOTS)
}

export function epochOf(streamSeq: number): number {
  return Math.floor(streamSeq / EPOCH_SEQUENCES)
}

/** @returns the last position that a block at `streamSeq` can hold */
export function lastPositionOf(streamSeq: number): Position {
  return positionOf(streamSeq, 255)
}
