import { ARCHIVE_ROWS, type ArchiveRange, type FeedAnswer, type FeedQuestion, type Row } from '@p2pmsg/protocol'
import { ProblemError } from '../problem.ts'
import type { Reader } from '../store-reader.ts'
import { isPlain, rangeOf } from './question.ts'

/** The archives that a document leads to (RFC 5005 §4). */
export type Archives = Readonly<{ older: ArchiveRange | undefined; newer: ArchiveRange | undefined }>

/** Which messages stand on a page, and in which order: the store's answer beside the question it answers. */
export type Skeleton = Readonly<{ question: FeedQuestion; archives: Archives | undefined }> & FeedAnswer

/**
 * @param archived the page is to lead to archives, if it is one from which they are reached
 * @throws {BusUnavailable} the store does not answer @throws {ProblemError} `not-found`, `unavailable`: no such archive, or not yet
 */
export async function skeletonOf(
  reader: Pick<Reader, 'feed' | 'archive'>,
  question: FeedQuestion,
  archived = false,
): Promise<Skeleton> {
  const range = rangeOf(question)
  if (range) return archiveOf(reader, question, range)
  const answer = await reader.feed(question)
  const archives = archived && isPlain(question) ? await archivesBelow(reader, question.receiver, answer) : undefined
  return { question, archives, ...answer }
}

/** All of a range, newest first, however many answers its bytes take. */
async function archiveOf(
  reader: Pick<Reader, 'feed' | 'archive'>,
  question: FeedQuestion,
  range: ArchiveRange,
): Promise<Skeleton> {
  const neighbours = reader.archive({ receiver: question.receiver, range })
  const rows: Row[] = []
  let answer = await reader.feed({ ...question, limit: ARCHIVE_ROWS + 1 })
  while (rows.push(...answer.rows) <= ARCHIVE_ROWS && answer.more) {
    answer = await reader.feed({ ...question, after: rows.at(-1)?.position, limit: ARCHIVE_ROWS + 1 - rows.length })
  }
  const archives = await neighbours
  if (answer.applied < range.until) throw new ProblemError('unavailable', 'This archive is not complete yet.')
  if (rows.length > ARCHIVE_ROWS) {
    throw new ProblemError(
      'not-found',
      `An archive has at most ${ARCHIVE_ROWS} messages; the feed leads to its archives.`,
    )
  }
  return { question, archives, ...answer, rows: rows.reverse(), more: false }
}

/** The newest archive that is full, or one that ends with the page's last message where the page does not reach so far. */
async function archivesBelow(
  reader: Pick<Reader, 'archive'>,
  receiver: Uint8Array,
  { rows, more, applied }: FeedAnswer,
): Promise<Archives> {
  const { older, applied: known } = await reader.archive({ receiver, range: undefined })
  // Another replica, which has not come so far: the archive that it knows may end too early.
  if (known < applied) throw new ProblemError('unavailable', 'The store is catching up. Try again in a moment.')
  const until = rows.at(-1)?.position
  if (!more || until === undefined || (older && older.until >= until)) return { older, newer: undefined }
  return { older: { after: older?.until ?? 0n, until }, newer: undefined }
}
