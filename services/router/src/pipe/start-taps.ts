import { type FeedAnswer, type FeedQuestion, feedQuery, KEY_BYTES, type StoreQuery, statsQuery } from '@p2pmsg/protocol'
import { type Bus, BusUnavailable, followAnnouncements, gauge, type Logger, StoreQuestions } from '@p2pmsg/runtime'
import { announcementBad } from '../events.ts'
import type { Receivers } from '../receivers.ts'
import { Taps } from './taps.ts'

/** Questions to the store at once: a page for each turn, and where the feeds end that are tapped anew. */
const QUESTIONS_MAX = 64
const BEAT_MS = 1_000

export type TapsParts = Readonly<{
  bus: Bus
  receivers: Receivers
  log: Logger
  /** Unix milliseconds. */
  now: () => number
  onTold: () => void
}>

/** The taps with their ties to the store: its announcements, and its answers. */
export function startTaps({ bus, ...parts }: TapsParts): AsyncDisposable & { taps: Taps } {
  const questions = new StoreQuestions(bus, QUESTIONS_MAX)
  const ask = async <Q, A>(query: StoreQuery<Q, A>, question: Q): Promise<A> => {
    const reply = await questions.ask(query, question)
    if (reply.ok) return reply.answer
    throw new BusUnavailable(`${query.name}: the store says ${reply.code}`)
  }
  const stack = new AsyncDisposableStack()
  const taps = stack.use(
    new Taps({
      ...parts,
      feed: (question: FeedQuestion): Promise<FeedAnswer> => ask(feedQuery, question),
      // The counts are of no receiver: only the partitions are wanted.
      partitions: async () => {
        const { partitions } = await ask(statsQuery, new Uint8Array(KEY_BYTES))
        if (partitions.length === 0) throw new BusUnavailable('the store has no partitions yet')
        return partitions.length
      },
      listen: (wants, onAnnouncement) => followAnnouncements(bus, { wants, onAnnouncement, onFault: announcementBad }),
    }),
  )
  const timer = setInterval(() => taps.beat(), BEAT_MS)
  stack.defer(() => clearInterval(timer))
  gauge('p2pmsg_taps', 'Open taps', () => taps.size.taps)
  gauge('p2pmsg_tapped_feeds', 'Feeds that they follow', () => taps.size.feeds)
  return { taps, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
