/** What a load is and what came of it, as the bench and its sending process tell each other (structured clone). */
export type LoadOrder = Readonly<{
  /** Receiver's public key, hex. */
  receiver: string
  messages: number
  /** Most messages without an answer, in all. */
  window: number
  /** Messages begun per second; 0 = as fast as the window lets them. */
  rate: number
  udpPort: number
  /** Source addresses on loopback, used in turn. */
  sources: readonly string[]
  /** Gives up on what has no answer then, milliseconds after the last was begun. */
  patienceMs: number
}>

export type LoadResult = Readonly<{
  startedMs: number
  endedMs: number
  /** Ids with a receipt, in the order of sending, and how long each took, milliseconds. */
  accepted: readonly Readonly<{ id: string; position: string; sentMs: number; latencyMs: number }>[]
  /** Final refusals by code. */
  refused: Readonly<Record<string, number>>
  /** Temporary refusals by code; each was tried again. */
  putOff: Readonly<Record<string, number>>
  resent: number
  unanswered: number
}>
