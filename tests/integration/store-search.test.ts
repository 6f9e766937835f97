// Proves what a search finds: the messages that have the words, each once, in the feed's order, whatever a stranger asks for.
import {
  DELETE_TYPE,
  type FeedQuestion,
  feedQuery,
  lastPositionOf,
  messageId,
  type Position,
  type Row,
  streamSeqOf,
  toHex,
} from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

const RANDOM_QUESTIONS = 1_000
/** Questions at a time, and how long a busy machine may take for all of them, milliseconds. */
const AT_ONCE = 8
const PATIENCE_MS = 300_000

let bench: StoreBench

beforeAll(async () => {
  bench = await StoreBench.start({ partitions: 2 })
  await bench.store()
})

afterAll(() => bench[Symbol.asyncDispose]())

const ids = (rows: readonly Row[]) => rows.map((row) => toHex(row.id))

/** Puts a text of a fresh author into a feed. */
async function said(receiver: Uint8Array, ...texts: string[]) {
  const messages = texts.map((text) => aMessage(aKeyPair(), receiver, { text }))
  const first = await bench.accept(messages)
  return { ids: messages.map((message) => toHex(messageId(message))), end: lastPositionOf(streamSeqOf(first)) }
}

/** The words of everything up to here can be searched for. */
async function indexed(receiver: Uint8Array, end: Position): Promise<void> {
  await expect.poll(async () => (await bench.feed(receiver, { search: 'x' })).applied).toBeGreaterThanOrEqual(end)
}

async function found(receiver: Uint8Array, search: string, given: Partial<FeedQuestion> = {}): Promise<string[]> {
  return ids((await bench.feed(receiver, { search, ...given })).rows)
}

async function indexRows(receiver: Uint8Array): Promise<number> {
  return (await bench.sql('SELECT FROM message_text WHERE receiver = $1', [Buffer.from(receiver)])).length
}

describe('a search', () => {
  test('finds words, several words, phrases, and what lacks a word; in its own feed only', async () => {
    const [receiver, other] = [aKeyPair().publicKey, aKeyPair().publicKey]
    const { ids: sent, end } = await said(
      receiver,
      'The quick brown fox',
      'A quick red fox, brown and old: http://example.org/fox',
      'Ein Müller backt Brötchen',
      'nothing of the kind',
    )
    const elsewhere = await said(other, `quick fox ${toHex(receiver).slice(0, 16)}`)
    await indexed(receiver, end)
    await indexed(other, elsewhere.end)
    const [quick, red, miller, nothing] = sent
    expect(await found(receiver, 'quick')).toEqual([red, quick])
    expect(await found(receiver, 'quick', { after: 0n })).toEqual([quick, red])
    expect(await found(receiver, 'FOX brown')).toEqual([red, quick])
    expect(await found(receiver, '"brown fox"')).toEqual([quick])
    expect(await found(receiver, 'fox -red')).toEqual([quick])
    expect(await found(receiver, '-fox')).toEqual([nothing, miller])
    expect(await found(receiver, 'kind or müller')).toEqual([nothing, miller])
    expect(await found(receiver, 'example.org')).toEqual([red])
    for (const absent of ['wolf', 'fox wolf', '"fox quick"', 'quic', '', ' ', '-', '"', '!&|', '😀', '\u0001']) {
      expect(await found(receiver, absent)).toEqual([])
    }
  })

  test('goes together with the other filters', async () => {
    const receiver = aKeyPair().publicKey
    const [ann, ben] = [aKeyPair(), aKeyPair()]
    const tea = aMessage(ann, receiver, { text: 'green tea' }, 'drinks')
    const more = aMessage(ben, receiver, { text: 'more tea', replyTo: messageId(tea) }, 'drinks')
    const other = aMessage(ann, receiver, { text: 'tea again' })
    const first = await bench.accept([tea, more, other])
    await indexed(receiver, lastPositionOf(streamSeqOf(first)))
    const [t, m, o] = [tea, more, other].map((message) => toHex(messageId(message)))
    expect(await found(receiver, 'tea', { author: ann.publicKey })).toEqual([o, t])
    expect(await found(receiver, 'tea', { topic: 'drinks' })).toEqual([m, t])
    expect(await found(receiver, 'tea', { replyTo: messageId(tea) })).toEqual([m])
    expect(await found(receiver, 'tea', { before: first + 2n })).toEqual([m, t])
    expect(await found(receiver, 'tea', { after: first, limit: 1 })).toEqual([m])
  })

  test('is answered whatever was asked for', { timeout: PATIENCE_MS }, async () => {
    const receiver = aKeyPair().publicKey
    const { end } = await said(receiver, 'one two three')
    await indexed(receiver, end)
    const operators = fc.constantFrom(
      '"',
      '-',
      ' ',
      ' or ',
      '!',
      '&',
      '|',
      '(',
      ')',
      ':*',
      '<->',
      "'",
      '\\',
      'one',
      'two',
      'é',
    )
    const odd = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 1_000 }),
      fc.array(operators, { maxLength: 150 }).map((parts) => parts.join('')),
    )
    const searches = fc
      .sample(odd, RANDOM_QUESTIONS)
      .map((text) => text.replaceAll('\0', '').slice(0, 1_000).toWellFormed())
    searches.push(
      '漢'.repeat(1_000),
      '"'.repeat(1_000),
      '-'.repeat(1_000),
      'a '.repeat(500),
      '-a '.repeat(330),
      '~/'.repeat(500),
    )
    while (searches.length > 0) {
      const answers = searches.splice(0, AT_ONCE).map((search) => bench.feed(receiver, { search }))
      for (const { rows } of await Promise.all(answers)) expect(rows.length).toBeLessThanOrEqual(1)
    }
  })

  test('while messages come finds each match once, in one order, both ways; applied never passes the index', async () => {
    const receiver = aKeyPair().publicKey
    const old = await said(
      receiver,
      ...Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? `needle ${i}` : `hay ${i}`)),
    )
    await indexed(receiver, old.end)
    const stop = new AbortController()
    const writing = (async () => {
      const sent: string[] = []
      while (!stop.signal.aborted) sent.push((await said(receiver, 'a needle', 'hay')).ids[0] ?? '')
      return sent
    })()
    // newest first: what was there stays where it was
    const back: Row[] = []
    for (let page = await bench.feed(receiver, { search: 'needle', limit: 3 }); ; ) {
      back.push(...page.rows)
      const before = page.rows.at(-1)?.position
      if (!page.more || before === undefined) break
      page = await bench.feed(receiver, { search: 'needle', limit: 3, before })
    }
    const needles = old.ids.filter((_, i) => i % 3 === 0)
    expect(ids(back).slice(-needles.length)).toEqual(needles.toReversed())
    expect(new Set(ids(back)).size).toBe(back.length)
    // oldest first, going on from `applied` where a page was the last: nothing comes in behind it
    const seen: Row[] = []
    let after = 0n
    const follow = async () => {
      const page = await bench.feed(receiver, { search: 'needle', after, limit: 4 })
      seen.push(...page.rows)
      for (const row of page.rows) expect(row.position).toBeLessThanOrEqual(page.applied)
      const last = page.rows.at(-1)?.position ?? after
      after = page.more || page.applied < last ? last : page.applied
    }
    while (seen.length < needles.length + 30) await follow()
    stop.abort()
    const sent = [...needles, ...(await writing)]
    while (seen.length < sent.length) await follow()
    expect(ids(seen)).toEqual(sent)
  })
})

describe('what is gone', () => {
  test('by its author’s delete is not found, and its words leave the index; a stranger’s delete changes nothing', async () => {
    const receiver = aKeyPair().publicKey
    const author = aKeyPair()
    const [kept, target, late] = ['kept', 'regretted', 'late'].map((text) =>
      aMessage(author, receiver, { text: `secret ${text}` }),
    )
    if (!kept || !target || !late) throw new Error('three')
    const first = await bench.accept([kept, target])
    await indexed(receiver, lastPositionOf(streamSeqOf(first)))
    expect(await found(receiver, 'secret')).toHaveLength(2)
    const removals = [target, late].map((message) =>
      aMessage(author, receiver, { type: DELETE_TYPE, replyTo: messageId(message) }),
    )
    const foreign = aMessage(aKeyPair(), receiver, { type: DELETE_TYPE, replyTo: messageId(kept) })
    await bench.accept([...removals, foreign])
    const end = await bench.accept([late])
    await indexed(receiver, lastPositionOf(streamSeqOf(end)))
    expect(await found(receiver, 'secret')).toEqual([toHex(messageId(kept))])
    expect(await indexRows(receiver)).toBe(1)
  })

  test('by its own expiry is not found', async () => {
    const receiver = aKeyPair().publicKey
    const expires = Math.floor(Date.now() / 1000) + 3
    const brief = aMessage(aKeyPair(), receiver, { text: 'brief word', expires })
    const past = aMessage(aKeyPair(), receiver, { text: 'past word', expires: expires - 100 })
    const first = await bench.accept([brief, past])
    await indexed(receiver, lastPositionOf(streamSeqOf(first)))
    expect(await indexRows(receiver)).toBe(1)
    await expect.poll(() => found(receiver, 'word')).toEqual([])
  })
})

test('a question with words is refused for good where search is off, and others are answered', async () => {
  await using off = await StoreBench.start({ partitions: 1 })
  await off.store({ searchLanguage: undefined })
  const receiver = aKeyPair().publicKey
  const question = {
    receiver,
    before: undefined,
    after: undefined,
    limit: 1,
    author: undefined,
    topic: undefined,
    replyTo: undefined,
  }
  const reply = await off.reader.request(feedQuery, { ...question, search: 'word' }, 10_000)
  expect(reply).toEqual({ ok: false, code: 'not-allowed' })
  expect((await off.feed(receiver)).rows).toEqual([])
})
