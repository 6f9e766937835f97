import { KEY_BYTES } from '../limits.ts'
import type { Position } from './position.ts'
import { query, type StoreQuery, u64 } from './store-query.ts'

/** Messages of one archive, tombstones and expired ones included: no more than a page of a feed shows if nothing else is asked. */
export const ARCHIVE_ROWS = 50

/** The places of a feed behind `after`, up to and with `until`. */
export type ArchiveRange = Readonly<{ after: Position; until: Position }>

/** The neighbours of an archive; without a range: where the archives of a feed end. */
export type ArchiveQuestion = Readonly<{ receiver: Uint8Array; range: ArchiveRange | undefined }>

export type ArchiveAnswer = Readonly<{
  /** What comes before, or the newest archive that is full; undefined = nothing does. */
  older: ArchiveRange | undefined
  /** What follows, once it is full. */
  newer: ArchiveRange | undefined
  applied: Position
}>

const range = {
  write: (w: Parameters<typeof u64.write>[0], v: ArchiveRange) => w.u64(v.after).u64(v.until),
  read: (r: Parameters<typeof u64.read>[0]) => ({ after: r.u64(), until: r.u64() }),
}

/** Archives share their ends, so the chain of them holds each message of a feed once, whatever becomes of messages. */
export const archiveQuery: StoreQuery<ArchiveQuestion, ArchiveAnswer> = query(
  'archive',
  {
    write: (w, q) => w.bytes(q.receiver).optional(q.range, range.write),
    read: (r) => ({ receiver: r.bytes(KEY_BYTES), range: r.optional(range.read) }),
  },
  {
    write: (w, a) => w.optional(a.older, range.write).optional(a.newer, range.write).u64(a.applied),
    read: (r) => ({ older: r.optional(range.read), newer: r.optional(range.read), applied: r.u64() }),
  },
)
