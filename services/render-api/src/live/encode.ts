import type { FeedQuestion, Position } from '@p2pmsg/protocol'
import { type Entry, entryOf } from '../feed/entry.ts'
import type { Names } from '../feed/names.ts'
import { itemOf } from '../feed/present.ts'
import { messageJson } from '../formats/json.ts'
import type { Reader } from '../store-reader.ts'
import type { Filter } from './filter.ts'
import { messageEvent } from './sse.ts'
import type { LiveEvent } from './tail.ts'

/** Makes events of messages, in their order. */
export type Encode = (entries: readonly Entry[]) => Promise<LiveEvent[]>

/** @param origin where this service is reached */
export function encoder(names: Pick<Names, 'of'>, receiver: Uint8Array, origin: string): Encode {
  return async (entries) => {
    const authors = entries.flatMap(({ message }) => (message ? [message.key] : []))
    const known = await names.of(receiver, authors)
    return entries.map((entry) => {
      const item = itemOf(entry, known)
      const bytes = messageEvent(item.cursor, JSON.stringify(messageJson(item, origin)))
      return { position: item.position, entry, bytes }
    })
  }
}

/** Rows in one question of a reader who catches up. */
const PAGE_ROWS = 200

export type EventPage = Readonly<{ events: readonly LiveEvent[]; upTo: Position; more: boolean }>

/**
 * What the store has behind a position, oldest first. `upTo` never passes what was applied when it answered.
 * @throws {BusUnavailable}
 */
export async function eventsAfter(
  { reader, encode, now }: Readonly<{ reader: Pick<Reader, 'feed'>; encode: Encode; now: () => number }>,
  question: Pick<FeedQuestion, 'receiver' | 'after'> & Filter,
): Promise<EventPage> {
  const { rows, more, applied } = await reader.feed({ ...NO_FILTER, ...question, limit: PAGE_ROWS })
  const last = rows.at(-1)
  const events = await encode(rows.map((row) => entryOf(row, now())))
  return { events, more, upTo: more && last ? last.position : applied }
}

export const NO_FILTER = {
  before: undefined,
  after: undefined,
  author: undefined,
  topic: undefined,
  replyTo: undefined,
  search: undefined,
} as const
