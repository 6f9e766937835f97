import { DELETE_TYPE, toHex } from '@p2pmsg/protocol'
import type { Context } from '../context.ts'
import { type Entry, entryOf } from './entry.ts'
import { type Item, itemOf } from './present.ts'
import { toQuestion } from './question.ts'

/** A message that answers another, with what answers it in turn. */
export type Reply = Readonly<{ item: Item; replies: readonly Reply[] }>
export type Thread = Readonly<{
  /** In the order in which they came. */
  replies: readonly Reply[]
  /** There are more than these. */
  more: boolean
}>

/** Replies to one message that are shown; the feed has them all. */
const REPLIES_MAX = 20
/** How deep replies to replies are followed. */
const DEPTH_MAX = 4
/** Questions to the store for one thread. */
const QUESTIONS_MAX = 24

/** What answers a message, level by level, as far as few questions tell. @throws {BusUnavailable} */
export async function threadOf(
  { reader, names, now }: Pick<Context, 'reader' | 'names' | 'now'>,
  receiver: Uint8Array,
  id: Uint8Array,
): Promise<Thread> {
  const below = new Map<string, readonly Entry[]>() // at most QUESTIONS_MAX
  const first = toQuestion(receiver, { limit: REPLIES_MAX })
  let more = false
  let level: readonly Uint8Array[] = [id]
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth++) {
    const asked = level.slice(0, QUESTIONS_MAX - below.size)
    more ||= asked.length < level.length
    const found = await Promise.all(
      asked.map(async (replyTo) => {
        const answer = await reader.feed({ ...first, replyTo, after: 0n })
        more ||= answer.more
        const entries = answer.rows.map((row) => entryOf(row, now())).filter(isReply)
        below.set(toHex(replyTo), entries)
        return entries
      }),
    )
    level = found.flat().map(({ row }) => row.id)
  }
  const authors = [...below.values()].flat().flatMap(({ message }) => (message ? [message.key] : []))
  const known = await names.of(receiver, authors)
  const repliesTo = (to: Uint8Array, depth: number): Reply[] => {
    const entries = depth < DEPTH_MAX ? (below.get(toHex(to)) ?? []) : []
    return entries.map((entry) => ({ item: itemOf(entry, known), replies: repliesTo(entry.row.id, depth + 1) }))
  }
  return { replies: repliesTo(id, 0), more: more || level.length > 0 }
}

/** A delete names its target as what it answers, and is no words to read there. */
function isReply({ message }: Entry): boolean {
  return message?.content.type !== DELETE_TYPE
}
