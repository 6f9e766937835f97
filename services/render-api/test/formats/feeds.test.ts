// What Atom (RFC 4287) and JSON Feed 1.1 ask of a document, held against pages with everything that a feed can hold.
import { formatCursor, toZBase32 } from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { hydrate } from '../../src/feed/hydrate.ts'
import { present } from '../../src/feed/present.ts'
import { archiveQuestion, type FeedParams, toQuestion } from '../../src/feed/question.ts'
import { atomFeed } from '../../src/formats/atom.ts'
import { formats } from '../../src/formats/formats.ts'
import { entryId, wordsOf } from '../../src/formats/words.ts'
import { AUTHOR, aRow, aTombstone, RECEIVED_MS, RECEIVER } from '../rows.ts'

const NASTY = ']]> <b>bold</b> & "\u0001" \ufffe \ud83d\ude00\nsecond line'
const rows = [
  aRow(70n, { text: NASTY }, { topic: 'a "topic" <x>' }),
  aRow(60n, { body: Buffer.from([0, 1, 2]), type: 'image/png' }),
  aRow(50n, { type: 'p2pmsg/profile', name: 'Ada', about: 'numbers' }),
  aRow(40n, { type: 'p2pmsg/sealed', body: Buffer.alloc(99) }),
  aRow(30n, { type: 'p2pmsg/delete', replyTo: Buffer.alloc(32, 9) }),
  aTombstone(20n),
  aRow(10n, { text: '' }),
]
const origin = 'https://feeds.example'
const base = `${origin}/v1/feeds/${toZBase32(RECEIVER.publicKey)}`
const all = formats({ defaultReceiver: RECEIVER.publicKey })

async function pageOf(params: FeedParams = {}, more = true) {
  const question = toQuestion(RECEIVER.publicKey, params)
  const names = { of: () => Promise.resolve(new Map([[Buffer.from(AUTHOR.publicKey).toString('hex'), 'Ada <L>']])) }
  return present(
    await hydrate(
      names,
      { question, rows, more, applied: 80n, revision: 1n, reached: undefined, archives: undefined },
      RECEIVED_MS,
    ),
  )
}
const context = { origin, name: 'A & B' }

describe('Atom', () => {
  test('has what a feed and each entry must have, once, and every character is legal', async () => {
    const text = all.atom.render(await pageOf(), context).toString()
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/)
    const entries = text.split('<entry>').slice(1)
    expect(entries).toHaveLength(rows.length)
    for (const entry of entries) {
      for (const element of ['id', 'title', 'updated', 'author', 'content']) {
        expect(entry.match(new RegExp(`<${element}[ >]`, 'g'))).toHaveLength(1)
      }
    }
    const head = text.split('<entry>', 1)[0] ?? ''
    expect(head).toContain(`<id>p2pmsg://${toZBase32(RECEIVER.publicKey)}</id>`)
    expect(head).toContain('<title>A &amp; B</title>')
    expect(head).toContain(`<link rel="self" type="application/atom+xml" href="${base}.atom"/>`)
    expect(text).toContain('<category term="a &quot;topic&quot; &lt;x&gt;"/>')
  })

  test('leads to the pages before and behind it', async () => {
    const page = await pageOf({ before: 'AQAAAAAAAABP', topic: 'x y' })
    const text = all.atom.render(page, context).toString()
    expect(text).toContain(
      `<link rel="next" type="application/atom+xml" href="${base}.atom?topic=x+y&amp;before=${page.next}"/>`,
    )
    expect(text).toContain(
      `<link rel="previous" type="application/atom+xml" href="${base}.atom?topic=x+y&amp;after=${page.prev}"/>`,
    )
    expect(text).toContain(
      `<link rel="self" type="application/atom+xml" href="${base}.atom?topic=x+y&amp;before=AQAAAAAAAABP"/>`,
    )
  })

  test('an archive says so, and leads to the feed and to its neighbours (RFC 5005 §4)', async () => {
    const question = archiveQuestion(RECEIVER.publicKey, { after: 5n, until: 79n })
    const nobody = { of: () => Promise.resolve(new Map<string, string>()) }
    const archives = { older: { after: 0n, until: 5n }, newer: { after: 79n, until: 300n } }
    const skeleton = { question, rows, more: false, applied: 400n, revision: 1n, reached: undefined, archives }
    const page = present(await hydrate(nobody, skeleton, RECEIVED_MS))
    const text = all.atom.render(page, context).toString()
    const head = text.split('<entry>', 1)[0] ?? ''
    expect(head).toContain('xmlns:fh="http://purl.org/syndication/history/1.0"')
    expect(head.match(/<fh:archive\/>/g)).toHaveLength(1)
    const links = [...head.matchAll(/<link rel="([^"]*)" type="application\/atom\+xml" href="([^"]*)"\/>/g)]
    const at = (after: bigint, until: bigint) => `${base}/archive/${formatCursor(after)}/${formatCursor(until)}.atom`
    expect(Object.fromEntries(links.map(([, rel, href]) => [rel, href]))).toEqual({
      self: at(5n, 79n),
      current: `${base}.atom`,
      'prev-archive': at(0n, 5n),
      'next-archive': at(79n, 300n),
    })
    expect(all.atom.link?.(page, context)).toContain(`<${at(0n, 5n)}>; rel="prev-archive"`)
  })

  test('of an empty feed has a time too', async () => {
    const question = toQuestion(RECEIVER.publicKey, {})
    const nobody = { of: () => Promise.resolve(new Map<string, string>()) }
    const empty = {
      question,
      rows: [],
      more: false,
      applied: 0n,
      revision: 0n,
      reached: undefined,
      archives: undefined,
    }
    const page = present(await hydrate(nobody, empty, RECEIVED_MS))
    const at = {
      self: base,
      home: origin,
      first: base,
      next: undefined,
      prev: undefined,
      archives: undefined,
      origin,
      name: undefined,
    }
    expect(atomFeed(page, at).toString()).toContain('<updated>1970-01-01T00:00:00.000Z</updated>')
  })
})

describe('JSON Feed', () => {
  test('has the members that the format asks for, and our own under a name of our own', async () => {
    const page = await pageOf()
    const feed = JSON.parse(all['json-feed'].render(page, context).toString()) as Record<string, unknown>
    expect(feed).toMatchObject({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'A & B',
      home_page_url: `${origin}/`,
      feed_url: `${base}.json`,
      next_url: `${base}.json?before=${page.next}`,
    })
    const items = feed.items as Record<string, unknown>[]
    expect(new Set(items.map(({ id }) => id)).size).toBe(rows.length)
    for (const item of items) {
      expect(typeof item.content_text).toBe('string')
      expect(item.date_published).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    }
    expect(items[0]).toMatchObject({
      tags: ['a "topic" <x>'],
      authors: [{ name: 'Ada <L>' }],
      _p2pmsg: { text: NASTY },
    })
    expect(items[5]).not.toHaveProperty('authors')
  })

  test('at the end leads nowhere', async () => {
    expect(JSON.parse(all['json-feed'].render(await pageOf({}, false), context).toString())).not.toHaveProperty(
      'next_url',
    )
  })
})

test('an id says the same wherever the message is read', () => {
  expect(entryId('00'.repeat(32))).toBe('ni:///sha-256;AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
})

test('every kind of message has words', async () => {
  expect((await pageOf()).items.map(wordsOf)).toEqual([
    NASTY,
    '3 bytes of image/png.',
    'Ada: numbers',
    'Sealed: 99 bytes that only the receiver can open.',
    'Removed its own message.',
    'This message was removed by its author.',
    '',
  ])
})
