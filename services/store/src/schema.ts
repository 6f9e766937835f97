import type { Generated } from 'kysely'

/** The tables as the migrations leave them. Bigints arrive as decimal text: a double would round them. */
export type Tables = {
  message: {
    id: Uint8Array
    receiver: Uint8Array
    position: string
    author: Uint8Array
    topic: string
    seq: string
    received_ms: string
    stored_ms: Generated<string>
    dialect: number
    type: string
    reply_to: Uint8Array | null
    expires: string | null
    message: Uint8Array
  }
  removal: {
    target: Uint8Array
    author: Uint8Array
    receiver: Uint8Array
    partition: number
    received_ms: string
  }
  /** `messages + revision` is how many rows the receiver ever got: what is removed goes from the one to the other. */
  receiver_state: { receiver: Uint8Array; messages: string; revision: string; last_position: string }
  partition: {
    id: number
    applied_seq: string
    applied_hash: Uint8Array | null
    applied_ms: string
    fence: string
  }
  lease: { partition: number; owner: string | null; fence: string; expires: Date }
  replica: { id: string; expires: Date }
  message_text: { receiver: Uint8Array; position: string; expires: string | null; bytes: number; words: string }
  search_block: { receiver: Uint8Array; first_position: string; last_position: string; words: string }
  search_state: { partition: number; indexed_position: string; language: string }
  refusal: {
    day: string
    seq: string
    slot: number
    time_ms: string
    code: number
    count: string
    digest: Uint8Array | null
    id: Uint8Array | null
    receiver: Uint8Array | null
  }
}
