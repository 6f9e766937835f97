import type { QueuedPart } from '../part-queue.ts'

/** A frame that wants an acknowledgement and has none. */
export type SentFrame = Readonly<{
  counter: number
  /** Counts such frames alone, so that two in a row are known as such. */
  order: number
  sentMs: number
  bytes: number
  parts: readonly QueuedPart[]
  /** Whether the round trip had been measured when it was sent. */
  measured: boolean
}>
