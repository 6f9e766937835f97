import type { RefusalCode } from '../codes.ts'
import { KEY_BYTES, PAGE_ROWS_MAX, PARTITIONS_MAX } from '../limits.ts'
import { archiveQuery } from './archive-query.ts'
import { countQuery } from './count-query.ts'
import type { Position } from './position.ts'
import { readCode, writeCode } from './refusal-code.ts'
import { type Row, readRow, writeRow } from './row.ts'
import { id, key, query, type StoreQuery, TEXT_LENGTH_MAX, text, u64 } from './store-query.ts'

/** One page of one receiver's feed. Without `before` and `after`: the newest. Rows come in the order asked for. */
export type FeedQuestion = Readonly<{
  receiver: Uint8Array
  /** Newest first, below this position. */
  before: Position | undefined
  /** Oldest first, above this position. */
  after: Position | undefined
  /** 1–{@link PAGE_ROWS_MAX}. */
  limit: number
  author: Uint8Array | undefined
  topic: string | undefined
  replyTo: Uint8Array | undefined
  /** Words to search for. */
  search: string | undefined
}>

export type FeedAnswer = Readonly<{
  rows: readonly Row[]
  /** There are rows beyond the last one, or may be. */
  more: boolean
  /** A search that came no further than here in its time: whoever goes on, goes on from here. */
  reached: Position | undefined
  /** Everything up to here was visible in the snapshot that the rows come from; no cursor may pass it. */
  applied: Position
  /** Grows with every removal in this feed. */
  revision: bigint
}>

export const feedQuery: StoreQuery<FeedQuestion, FeedAnswer> = query(
  'feed',
  {
    write(w, q) {
      w.bytes(q.receiver).optional(q.before, u64.write).optional(q.after, u64.write).u16(q.limit)
      w.optional(q.author, key.write)
        .optional(q.topic, text.write)
        .optional(q.replyTo, id.write)
        .optional(q.search, text.write)
    },
    read(r) {
      const question = {
        receiver: r.bytes(KEY_BYTES),
        before: r.optional(u64.read),
        after: r.optional(u64.read),
        limit: r.u16(),
        author: r.optional(key.read),
        topic: r.optional(text.read),
        replyTo: r.optional(id.read),
        search: r.optional(text.read),
      }
      if (question.limit < 1 || question.limit > PAGE_ROWS_MAX) r.fail()
      if ((question.search?.length ?? 0) > TEXT_LENGTH_MAX || (question.topic?.length ?? 0) > TEXT_LENGTH_MAX) r.fail()
      return question
    },
  },
  {
    write: (w, a) =>
      w
        .list(a.rows, writeRow)
        .u8(a.more ? 1 : 0)
        .optional(a.reached, u64.write)
        .u64(a.applied)
        .u64(a.revision),
    read: (r) => ({
      rows: r.list(PAGE_ROWS_MAX, readRow),
      more: r.u8() === 1,
      reached: r.optional(u64.read),
      applied: r.u64(),
      revision: r.u64(),
    }),
  },
)

export type MessageAnswer = Readonly<{ row: Row | undefined; receiver: Uint8Array | undefined; applied: Position }>

/** One message by its id. */
export const messageQuery: StoreQuery<Uint8Array, MessageAnswer> = query('message', id, {
  write: (w, a) => w.optional(a.row, writeRow).optional(a.receiver, key.write).u64(a.applied),
  read: (r) => ({ row: r.optional(readRow), receiver: r.optional(key.read), applied: r.u64() }),
})

/** What is known of a message's way; `stored` wins over any refusal of the same id. */
export type TraceAnswer = Readonly<{
  stored:
    | Readonly<{
        position: Position
        receivedMs: number
        /** When it came into the log; undefined once the log no longer holds it. */
        acceptedMs: number | undefined
        storedMs: number
        removed: boolean
      }>
    | undefined
  refused: Readonly<{ code: RefusalCode; timeMs: number }> | undefined
  applied: Position
}>

export const traceQuery: StoreQuery<Uint8Array, TraceAnswer> = query('trace', id, {
  write(w, a) {
    w.optional(a.stored, (inner, s) =>
      inner
        .u64(s.position)
        .u64(s.receivedMs)
        .optional(s.acceptedMs, (w, ms) => w.u64(ms))
        .u64(s.storedMs)
        .u8(s.removed ? 1 : 0),
    )
    w.optional(a.refused, (inner, f) => {
      writeCode(inner, f.code)
      inner.u64(f.timeMs)
    }).u64(a.applied)
  },
  read: (r) => ({
    stored: r.optional((s) => ({
      position: s.u64(),
      receivedMs: s.safe(),
      acceptedMs: s.optional((r) => r.safe()),
      storedMs: s.safe(),
      removed: s.u8() === 1,
    })),
    refused: r.optional((f) => ({ code: readCode(f), timeMs: f.safe() })),
    applied: r.u64(),
  }),
})

/** A key's own words about itself in one receiver's feed, and how much it wrote there (counted up to 10,000). */
export type AuthorQuestion = Readonly<{ receiver: Uint8Array; author: Uint8Array }>
export type AuthorAnswer = Readonly<{ name: string; about: string; messages: number; applied: Position }>

export const authorQuery: StoreQuery<AuthorQuestion, AuthorAnswer> = query(
  'author',
  {
    write: (w, q) => w.bytes(q.receiver).bytes(q.author),
    read: (r) => ({ receiver: r.bytes(KEY_BYTES), author: r.bytes(KEY_BYTES) }),
  },
  {
    write: (w, a) => w.text(a.name).text(a.about).u64(a.messages).u64(a.applied),
    read: (r) => ({ name: r.text(), about: r.text(), messages: r.safe(), applied: r.u64() }),
  },
)

/** Counts of one receiver, and how far each partition of the log is applied. */
export type StatsAnswer = Readonly<{
  messages: number
  lastPosition: Position
  partitions: readonly Readonly<{ partition: number; applied: Position }>[]
}>

export const statsQuery: StoreQuery<Uint8Array, StatsAnswer> = query('stats', key, {
  write: (w, a) =>
    w
      .u64(a.messages)
      .u64(a.lastPosition)
      .list(a.partitions, (inner, p) => inner.u16(p.partition).u64(p.applied)),
  read: (r) => ({
    messages: r.safe(),
    lastPosition: r.u64(),
    partitions: r.list(PARTITIONS_MAX, (p) => ({ partition: p.u16(), applied: p.u64() })),
  }),
})

export const QUERIES = [feedQuery, archiveQuery, countQuery, messageQuery, traceQuery, authorQuery, statsQuery] as const
