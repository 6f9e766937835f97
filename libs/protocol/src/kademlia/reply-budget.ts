import { KRPC_OUT_BYTES_MAX } from '../limits.ts'

/** RFC 9000 §8.1: what goes to an address that has not proved itself is at most so many times what came from it. */
export const AMPLIFICATION_MAX = 3

/** A ping of ours, bytes: kept free in answers to those who are to be asked back. */
export const PING_BYTES = 67

/** BEP 32's limit for all replies but those with an item, which can be larger than that by itself. */
export function krpcBudget(budget: number): number {
  return Math.min(budget, KRPC_OUT_BYTES_MAX)
}
