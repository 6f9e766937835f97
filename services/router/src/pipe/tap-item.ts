import {
  DELETE_TYPE,
  equalBytes,
  ownRow,
  type Position,
  ROW_HEADER_BYTES,
  type Row,
  readMessage,
  type Tap,
} from '@p2pmsg/protocol'
import type { FeedTail } from '@p2pmsg/runtime'

/** A row of a feed, with what taps choose by; read once for all of them, and kept without what it came with. */
export type TapItem = Readonly<{
  position: Position
  row: Row
  /** Undefined where the message was removed: only the store knows what it was about. */
  about: About | undefined
}>

type About = Readonly<{
  author: Uint8Array
  topic: string
  expiresMs: number | undefined
  /** The id of the message that its author wants gone by this one. */
  removes: Uint8Array | undefined
}>

/** The newest rows of one feed. */
export type TapTail = FeedTail<TapItem>

/** What a tap chooses by. */
export type TapFilter = Pick<Tap, 'author' | 'topic'>

export function tapItemsOf(rows: readonly Row[]): TapItem[] {
  return rows.map(ownRow).map((row) => {
    const message = readMessage({ dialect: row.dialect, receivedMs: row.receivedMs, bytes: row.message })
    if (!message.ok) return { position: row.position, row, about: undefined }
    const { key: author, content } = message.value
    const expiresMs = content.expires === undefined ? undefined : content.expires * 1000
    const removes = content.type === DELETE_TYPE ? content.replyTo : undefined
    return { position: row.position, row, about: { author, topic: content.topic, expiresMs, removes } }
  })
}

export function tapItemBytes({ row }: TapItem): number {
  return ROW_HEADER_BYTES + row.message.length
}

/** What the store removes when this comes: a message of the same author. */
export function removalOf({ about }: TapItem): ((earlier: TapItem) => boolean) | undefined {
  const { author, removes } = about ?? {}
  if (!author || !removes) return undefined
  return (earlier) => equalBytes(earlier.row.id, removes) && !!earlier.about && equalBytes(earlier.about.author, author)
}

/** The same choice as the store makes. @returns undefined where only the store can tell */
export function passes({ author, topic }: TapFilter, { about }: TapItem, nowMs: number): boolean | undefined {
  if (!about) return author === undefined && topic === undefined ? true : undefined
  if (about.expiresMs !== undefined && about.expiresMs <= nowMs) return false
  if (topic !== undefined && topic !== about.topic) return false
  return author === undefined || equalBytes(author, about.author)
}
