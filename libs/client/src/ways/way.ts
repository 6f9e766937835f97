import type { Parcel } from './parcel.ts'

/** How messages travel to a cluster, the best first. */
export type WayName = 'pipe' | 'krpc' | 'http'

/** One of the ways to a receiver's cluster. It keeps at each message that it was given until there is a verdict, or it is called off. */
export interface Way {
  readonly name: WayName
  /** Whether the next way should have the messages too: this one is not there, or nobody answers on it. */
  readonly isDown: boolean
  /** Whether a message of this size may go this way. @param valueBytes of `v`, bencoded */
  carries(valueBytes: number): boolean
  /** Takes a message, which it settles. @returns calls it off */
  carry(parcel: Parcel): () => void
}
