import { KEY_BYTES } from '../limits.ts'
import type { Position } from './position.ts'
import { id, key, query, type StoreQuery, TEXT_LENGTH_MAX, text } from './store-query.ts'

/** Filtered messages are counted up to this: nobody may make the database count for seconds. */
export const COUNT_MAX = 10_000

/** How many messages a feed has, all of them or those that a filter leaves. */
export type CountQuestion = Readonly<{
  receiver: Uint8Array
  author: Uint8Array | undefined
  topic: string | undefined
  replyTo: Uint8Array | undefined
}>

export type CountAnswer = Readonly<{
  /** Messages that were not removed. Of a whole feed: as its writers counted them. */
  messages: number
  /** There may be more: the filter leaves more than {@link COUNT_MAX} places in the feed. */
  more: boolean
  applied: Position
}>

export const countQuery: StoreQuery<CountQuestion, CountAnswer> = query(
  'count',
  {
    write: (w, q) =>
      w.bytes(q.receiver).optional(q.author, key.write).optional(q.topic, text.write).optional(q.replyTo, id.write),
    read(r) {
      const question = {
        receiver: r.bytes(KEY_BYTES),
        author: r.optional(key.read),
        topic: r.optional(text.read),
        replyTo: r.optional(id.read),
      }
      if ((question.topic?.length ?? 0) > TEXT_LENGTH_MAX) r.fail()
      return question
    },
  },
  {
    write: (w, a) =>
      w
        .u64(a.messages)
        .u8(a.more ? 1 : 0)
        .u64(a.applied),
    read: (r) => ({ messages: r.safe(), more: r.u8() === 1, applied: r.u64() }),
  },
)
