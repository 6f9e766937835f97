import { formatCursor, toHex, toZBase32 } from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { hydrate } from '../../src/feed/hydrate.ts'
import { present } from '../../src/feed/present.ts'
import { archiveQuestion, type FeedParams, toQuestion } from '../../src/feed/question.ts'
import type { Skeleton } from '../../src/feed/skeleton.ts'
import { AUTHOR, aRow, aTombstone, RECEIVED_MS, RECEIVER } from '../rows.ts'

const nobody = { of: () => Promise.resolve(new Map<string, string>()) }
const rows = [aRow(30n, { text: 'three' }), aRow(20n, { text: 'two' }, { topic: 'news' }), aTombstone(10n)]

function aSkeleton(params: FeedParams = {}, more: Partial<Skeleton> = {}): Skeleton {
  const question = toQuestion(RECEIVER.publicKey, params)
  return { question, rows, more: false, reached: undefined, applied: 40n, revision: 2n, archives: undefined, ...more }
}

describe('hydrating', () => {
  test('reads the messages and looks up who wrote them, each once', async () => {
    const asked: string[][] = []
    const names = {
      of: (_: Uint8Array, authors: readonly Uint8Array[]) => {
        asked.push(authors.map(toHex))
        return Promise.resolve(new Map([[toHex(AUTHOR.publicKey), 'Ada']]))
      },
    }
    const hydrated = await hydrate(names, aSkeleton(), RECEIVED_MS)
    expect(hydrated.entries.map(({ state, message }) => [state, message?.content.text])).toEqual([
      ['shown', 'three'],
      ['shown', 'two'],
      ['removed', undefined],
    ])
    expect(asked).toEqual([[toHex(AUTHOR.publicKey), toHex(AUTHOR.publicKey)]])
    expect(hydrated.names.get(toHex(AUTHOR.publicKey))).toBe('Ada')
  })

  test('what has expired is not shown, and what will expire says when', async () => {
    const seconds = RECEIVED_MS / 1000
    const expiring = [aRow(3n, { text: 'later', expires: seconds + 9 }), aRow(2n, { text: 'now', expires: seconds })]
    const hydrated = await hydrate(nobody, aSkeleton({}, { rows: expiring }), RECEIVED_MS)
    expect(hydrated.entries.map((entry) => entry.state)).toEqual(['shown', 'expired'])
    expect(hydrated.expiresMs).toBe(RECEIVED_MS + 9000)
  })

  test('a message that does not parse stays one place in the feed', async () => {
    const bad = { ...aRow(3n, { text: 'x' }), message: Buffer.from('de') }
    const hydrated = await hydrate(nobody, aSkeleton({}, { rows: [bad] }), RECEIVED_MS)
    expect(hydrated.entries.map((entry) => entry.state)).toEqual(['unreadable'])
  })
})

describe('presenting', () => {
  const pageOf = async (skeleton: Skeleton, nowMs = RECEIVED_MS) => present(await hydrate(nobody, skeleton, nowMs))

  test('a message has its place, its author and its words', async () => {
    const [, two, gone] = (await pageOf(aSkeleton())).items
    expect(two).toMatchObject({
      position: 20n,
      cursor: formatCursor(20n),
      received: '2026-01-02T03:04:06.000Z',
      said: {
        author: toZBase32(AUTHOR.publicKey),
        topic: 'news',
        type: 'text/plain',
        text: 'two',
        sent: '2026-01-02T03:04:05.678921Z',
      },
    })
    expect(gone).toMatchObject({ position: 10n, gone: 'removed', said: undefined })
  })

  test('the newest page leads to the older one; coming back asks behind what was applied', async () => {
    const page = await pageOf(aSkeleton({}, { more: true }))
    expect(page).toMatchObject({ order: 'newest-first', next: formatCursor(10n), prev: undefined })
    expect(page.resume).toBe(formatCursor(40n))
  })

  test('an older page leads both ways and does not say where to come back', async () => {
    const page = await pageOf(aSkeleton({ before: formatCursor(31n) }))
    expect(page).toMatchObject({ next: undefined, prev: formatCursor(30n), resume: undefined })
  })

  test('a page of what is newer goes on from its last, then from what was applied', async () => {
    const oldestFirst = rows.toReversed()
    const params = { after: formatCursor(5n) }
    const full = await pageOf(aSkeleton(params, { rows: oldestFirst, more: true }))
    expect(full).toMatchObject({ order: 'oldest-first', next: formatCursor(30n), resume: formatCursor(30n) })
    const last = await pageOf(aSkeleton(params, { rows: oldestFirst }))
    expect(last).toMatchObject({ next: undefined, resume: formatCursor(40n), prev: formatCursor(10n) })
    const empty = await pageOf(aSkeleton({ after: formatCursor(50n) }, { rows: [] }))
    expect(empty).toMatchObject({ next: undefined, resume: formatCursor(50n), prev: formatCursor(50n) })
  })

  test('an archive is newest first and leads to no page; a removal elsewhere leaves it as it is', async () => {
    const question = archiveQuestion(RECEIVER.publicKey, { after: 5n, until: 30n })
    const archives = { older: undefined, newer: { after: 30n, until: 90n } }
    const page = await pageOf(aSkeleton({}, { question, archives }))
    expect(page).toMatchObject({ order: 'newest-first', next: undefined, prev: undefined, resume: undefined, archives })
    const { version } = await pageOf(aSkeleton({}, { question, archives, revision: 3n, applied: 99n }))
    expect(version).toBe(page.version)
    const removed = [...rows.slice(0, 1), aTombstone(20n), ...rows.slice(2)]
    expect((await pageOf(aSkeleton({}, { question, archives, rows: removed }))).version).not.toBe(version)
    const followed = { ...archives, newer: undefined }
    expect((await pageOf(aSkeleton({}, { question, archives: followed }))).version).not.toBe(version)
  })

  test('its version changes with whatever a reader sees, and with nothing else', async () => {
    const { version } = await pageOf(aSkeleton())
    expect((await pageOf(aSkeleton({}, { applied: 99n }))).version).toBe(version)
    const named = present(await hydrate({ of: async () => new Map([['k', 'n']]) }, aSkeleton(), RECEIVED_MS))
    const others = [
      await pageOf(aSkeleton({}, { revision: 3n })),
      await pageOf(aSkeleton({}, { more: true })),
      await pageOf(aSkeleton({}, { rows: rows.slice(1) })),
      await pageOf(aSkeleton({}, { rows: [...rows.slice(0, 2), aTombstone(11n)] })),
      await pageOf(aSkeleton({ topic: 'news' })),
      named,
    ]
    expect(new Set([version, ...others.map((page) => page.version)]).size).toBe(others.length + 1)
  })
})
