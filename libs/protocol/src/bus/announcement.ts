import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import type { Position } from './position.ts'
import { type Row, readRow, writeRow } from './row.ts'

/**
 * What the store says after each commit of a partition, and once a second when nothing happens. Big-endian:
 *   version    u8   1
 *   prev       u64  `last` of the announcement before; another value than a follower's own last means: ask
 *   last       u64  every position up to here is committed
 *   rows       u8 1 and u16 count, then each ({@link Row}); u8 0 = too many bytes, ask
 */
export type Announcement = Readonly<{
  prev: Position
  last: Position
  rows: readonly Row[] | undefined
}>

const VERSION = 1
/** Blocks of many packs may be committed at once; the bytes are bounded by ANNOUNCEMENT_BYTES_MAX. */
const ROWS_MAX = 4096

export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  return new Writer()
    .u8(VERSION)
    .u64(announcement.prev)
    .u64(announcement.last)
    .optional(announcement.rows, (w, rows) => w.list(rows, writeRow))
    .done()
}

export function parseAnnouncement(bytes: Uint8Array): Parsed<Announcement, 'bad-announcement'> {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const prev = reader.u64()
  const last = reader.u64()
  const rows = reader.optional((r) => r.list(ROWS_MAX, readRow))
  return version === VERSION && reader.complete ? parsed({ prev, last, rows }) : faulty('bad-announcement')
}
