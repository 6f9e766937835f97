import { type FeedQuestion, ownRow, type Position, type Row } from '@p2pmsg/protocol'
import { rowsAfter } from '@p2pmsg/runtime'
import { entryOf } from '../feed/entry.ts'
import type { Names } from '../feed/names.ts'
import { itemOf } from '../feed/present.ts'
import { messageJson } from '../formats/json.ts'
import type { Reader } from '../store-reader.ts'
import type { Filter } from './filter.ts'
import { messageEvent } from './sse.ts'
import type { LiveEvent } from './tail.ts'

/** Makes events of messages, in their order. */
export type Encode = (rows: readonly Row[]) => Promise<LiveEvent[]>

/** @param origin where this service is reached @param now Unix milliseconds */
export function encoder(names: Pick<Names, 'of'>, receiver: Uint8Array, origin: string, now: () => number): Encode {
  return async (rows) => {
    const entries = rows.map((row) => entryOf(ownRow(row), now())) // they are kept
    const authors = entries.flatMap(({ message }) => (message ? [message.key] : []))
    const known = await names.of(receiver, authors)
    return entries.map((entry) => {
      const item = itemOf(entry, known)
      const bytes = messageEvent(item.cursor, JSON.stringify(messageJson(item, origin)))
      return { position: item.position, entry, bytes }
    })
  }
}

export type EventPage = Readonly<{ events: readonly LiveEvent[]; upTo: Position; more: boolean }>

/**
 * What the store has behind a position, oldest first. `upTo` never passes what was applied when it answered.
 * @throws {BusUnavailable}
 */
export async function eventsAfter(
  { reader, encode }: Readonly<{ reader: Pick<Reader, 'feed'>; encode: Encode }>,
  question: Pick<FeedQuestion, 'receiver' | 'after'> & Filter,
): Promise<EventPage> {
  const { rows, more, upTo } = await rowsAfter((asked) => reader.feed(asked), question)
  return { events: await encode(rows), more, upTo }
}
