import {
  ARCHIVE_ROWS,
  type ArchiveAnswer,
  type ArchiveQuestion,
  type ArchiveRange,
  type Position,
} from '@p2pmsg/protocol'
import { appliedFor, inSnapshot, type Snapshot, type Source } from './snapshot.ts'

/**
 * Archives are told by their ends alone, and a place in a feed is never taken later: an archive holds the same places for ever.
 * Their ends are every so many rows, counted from the feed's first, as long as no row is ever taken out of the table. One that is
 * moves the ends behind it, and the chain stays whole. Nothing here looks at more rows than two archives have.
 */
export function answerArchive(source: Source, { receiver, range }: ArchiveQuestion): Promise<ArchiveAnswer> {
  return inSnapshot(source, async (snapshot) => {
    const applied = await appliedFor(snapshot, receiver)
    if (range) {
      const [older, newer] = [
        await endingAt(snapshot, receiver, range.after),
        await behind(snapshot, receiver, range.until),
      ]
      return { older, newer, applied }
    }
    const end = await lastEnd(snapshot, receiver)
    return { older: end === undefined ? undefined : await endingAt(snapshot, receiver, end), newer: undefined, applied }
  })
}

/** Where the newest full archive ends. */
async function lastEnd({ db }: Snapshot, receiver: Uint8Array): Promise<Position | undefined> {
  const state = await db
    .selectFrom('receiver_state')
    .select(['messages', 'revision'])
    .where('receiver', '=', receiver)
    .executeTakeFirst()
  // What was removed left the one count for the other.
  const rows = Number(state?.messages ?? 0) + Number(state?.revision ?? 0)
  const last = await db
    .selectFrom('message')
    .select('position')
    .where('receiver', '=', receiver)
    .orderBy('position', 'desc')
    .offset(rows % ARCHIVE_ROWS)
    .limit(1)
    .executeTakeFirst()
  return rows < ARCHIVE_ROWS || !last ? undefined : BigInt(last.position)
}

async function endingAt({ db }: Snapshot, receiver: Uint8Array, end: Position): Promise<ArchiveRange | undefined> {
  const rows = await db
    .selectFrom('message')
    .select('position')
    .where('receiver', '=', receiver)
    .where('position', '<=', String(end))
    .orderBy('position', 'desc')
    .limit(ARCHIVE_ROWS + 1)
    .execute()
  if (rows.length === 0) return undefined
  return { after: BigInt(rows[ARCHIVE_ROWS]?.position ?? 0), until: end }
}

async function behind({ db }: Snapshot, receiver: Uint8Array, end: Position): Promise<ArchiveRange | undefined> {
  const rows = await db
    .selectFrom('message')
    .select('position')
    .where('receiver', '=', receiver)
    .where('position', '>', String(end))
    .orderBy('position')
    .limit(ARCHIVE_ROWS)
    .execute()
  const last = rows[ARCHIVE_ROWS - 1]
  return last && { after: end, until: BigInt(last.position) }
}
