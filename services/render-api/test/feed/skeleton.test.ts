import { ARCHIVE_ROWS, type ArchiveAnswer, type FeedAnswer, type FeedQuestion } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { archiveQuestion, toQuestion } from '../../src/feed/question.ts'
import { skeletonOf } from '../../src/feed/skeleton.ts'
import { aRow, aTombstone, RECEIVER } from '../rows.ts'

const receiver = RECEIVER.publicKey
const rows = [aRow(30n, { text: 'three' }), aRow(20n, { text: 'two' }), aTombstone(10n)]
const answer: FeedAnswer = { rows, more: true, reached: undefined, applied: 40n, revision: 2n }
const plain = toQuestion(receiver, {})

/** A store that answers with what it is given, one answer after the other. */
function aReader(feeds: readonly FeedAnswer[], archive: Partial<ArchiveAnswer> = {}) {
  const asked: FeedQuestion[] = []
  return {
    asked,
    feed: (question: FeedQuestion) => Promise.resolve(feeds[asked.push(question) - 1] as FeedAnswer),
    archive: () => Promise.resolve({ older: undefined, newer: undefined, applied: 40n, ...archive }),
  }
}

test('a skeleton is the answer beside its question', async () => {
  const reader = aReader([answer])
  expect(await skeletonOf(reader, plain)).toEqual({ question: plain, archives: undefined, ...answer })
  expect(reader.asked).toEqual([plain])
})

test('the newest page leads to the newest archive that is full', async () => {
  const older = { after: 3n, until: 20n }
  const { archives } = await skeletonOf(aReader([answer], { older }), plain, true)
  expect(archives).toEqual({ older, newer: undefined })
  const filtered = toQuestion(receiver, { topic: 'x' })
  expect((await skeletonOf(aReader([answer], { older }), filtered, true)).archives).toBeUndefined()
})

test('a page that ends before that archive leads to what lies between', async () => {
  const reader = aReader([answer], { older: { after: 1n, until: 4n } })
  expect((await skeletonOf(reader, plain, true)).archives?.older).toEqual({ after: 4n, until: 10n })
  expect((await skeletonOf(aReader([answer]), plain, true)).archives?.older).toEqual({ after: 0n, until: 10n })
  const whole = { ...answer, more: false }
  expect((await skeletonOf(aReader([whole]), plain, true)).archives?.older).toBeUndefined()
})

test('a replica that is behind the page tells of no archive', async () => {
  await expect(skeletonOf(aReader([answer], { applied: 39n }), plain, true)).rejects.toMatchObject({
    problem: { code: 'unavailable', retryable: true },
  })
})

test('an archive is put together from as many answers as its bytes take, the newest first', async () => {
  const parts = rows.toReversed().map((row, i) => ({ ...answer, rows: [row], more: i < 2 }))
  const reader = aReader(parts)
  const { rows: got, more } = await skeletonOf(reader, archiveQuestion(receiver, { after: 5n, until: 30n }))
  expect([got.map(({ position }) => position), more]).toEqual([[30n, 20n, 10n], false])
  expect(reader.asked.map(({ after, before, limit }) => [after, before, limit])).toEqual([
    [5n, 31n, ARCHIVE_ROWS + 1],
    [10n, 31n, ARCHIVE_ROWS],
    [20n, 31n, ARCHIVE_ROWS - 1],
  ])
})

test('a range that is not complete, or holds more than an archive does, is none', async () => {
  const far = archiveQuestion(receiver, { after: 5n, until: 41n })
  await expect(skeletonOf(aReader([{ ...answer, more: false }]), far)).rejects.toMatchObject({
    problem: { code: 'unavailable' },
  })
  const many = Array.from({ length: ARCHIVE_ROWS + 1 }, (_, i) => aTombstone(BigInt(i)))
  const wide = archiveQuestion(receiver, { after: 5n, until: 39n })
  await expect(skeletonOf(aReader([{ ...answer, rows: many }]), wide)).rejects.toMatchObject({
    problem: { code: 'not-found' },
  })
})
