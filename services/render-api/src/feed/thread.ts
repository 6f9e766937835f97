import { DELETE_TYPE, type FeedAnswer, type FeedQuestion, toHex } from '@p2pmsg/protocol'
import { Turns } from '@p2pmsg/runtime'
import type { Context } from '../context.ts'
import { ProblemError } from '../problem.ts'
import type { Reader } from '../store-reader.ts'
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

/** Questions of all threads together that the store is asked at once: the rest of what it can be asked is for other readers. */
const AT_ONCE_MAX = 64
/** Questions of all threads together that wait for their turn. */
const WAITING_MAX = 1_024

/** Lets the threads of all readers share what the store can be asked. */
export class ThreadQuestions {
  readonly #reader: Pick<Reader, 'feed'>
  readonly #turns = new Turns(AT_ONCE_MAX, WAITING_MAX)

  constructor(reader: Pick<Reader, 'feed'>) {
    this.#reader = reader
  }

  /** @throws {BusUnavailable} @throws {ProblemError} `busy` */
  async ask(question: FeedQuestion): Promise<FeedAnswer> {
    if (this.#turns.full) throw new ProblemError('busy', 'Too many threads are being read.')
    using _turn = await this.#turns.take()
    return await this.#reader.feed(question)
  }
}

export type ThreadParts = Pick<Context, 'now'> &
  Readonly<{
    questions: Pick<ThreadQuestions, 'ask'>
    names: Pick<Context['names'], 'of'>
    /** Called before so many more questions are asked than the one that every thread costs; throws if they may not be. */
    pay: (questions: number) => void
  }>

/** What answers a message, level by level, as far as few questions tell. @throws {BusUnavailable} @throws {ProblemError} `busy` */
export async function threadOf(
  { questions, names, now, pay }: ThreadParts,
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
    if (depth > 0 && asked.length > 0) pay(asked.length)
    const found = await Promise.all(
      asked.map(async (replyTo) => {
        const answer = await questions.ask({ ...first, replyTo, after: 0n })
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
