// Proves that the index of words is made once and completely: over a restart, a change of owner, another language, and off again.
import { lastPositionOf, messageId, type Position, type Row, streamSeqOf, toHex } from '@p2pmsg/protocol'
import { createLogger } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { checkLanguage, forgetExpired, indexSome } from '../../services/store/src/search/word-index.ts'
import { WordIndexer } from '../../services/store/src/search/word-indexer.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

const PARTITIONS = 3
const BATCH = 500

async function accepted(bench: StoreBench, receiver: Uint8Array, texts: readonly string[]): Promise<Position> {
  let end = 0n
  for (let i = 0; i < texts.length; i += 50) {
    const messages = texts.slice(i, i + 50).map((text) => aMessage(aKeyPair(), receiver, { text }))
    end = lastPositionOf(streamSeqOf(await bench.accept(messages)))
  }
  return end
}

async function reached(bench: StoreBench, receiver: Uint8Array, end: Position): Promise<void> {
  await expect.poll(async () => (await bench.feed(receiver, { search: 'x' })).applied).toBeGreaterThanOrEqual(end)
}

async function all(bench: StoreBench, receiver: Uint8Array, search: string): Promise<string[]> {
  const rows: Row[] = []
  for (let page = await bench.feed(receiver, { search, after: 0n }); ; ) {
    rows.push(...page.rows)
    if (!page.more) return rows.map((row) => toHex(row.id))
    page = await bench.feed(receiver, { search, after: rows.at(-1)?.position ?? 0n })
  }
}

test('catches up after a restart, and after another has taken over', async () => {
  await using bench = await StoreBench.start({ partitions: PARTITIONS })
  const receivers = Array.from({ length: 6 }, () => aKeyPair().publicKey)
  const write = async (text: string) => {
    for (const receiver of receivers) await accepted(bench, receiver, [`${text} word`, 'other'])
  }
  const counts = async () =>
    (await Promise.all(receivers.map((receiver) => all(bench, receiver, 'word')))).map((ids) => new Set(ids).size)
  await using first = await bench.store()
  await write('one')
  await expect.poll(counts).toEqual(receivers.map(() => 1))
  // given messages while none runs, then a restart
  await first.drain()
  await first[Symbol.asyncDispose]()
  await write('two')
  await using second = await bench.store()
  await expect.poll(counts).toEqual(receivers.map(() => 2))
  // when a third joins and the second ends without handing back
  await using third = await bench.store()
  await write('three')
  await second[Symbol.asyncDispose]()
  await write('four')
  await expect.poll(counts).toEqual(receivers.map(() => 4))
  expect(third).toBeDefined()
})

test('two that index the same partition at once make one index', async () => {
  await using bench = await StoreBench.start({ partitions: 1 })
  await using store = await bench.store({ searchLanguage: undefined })
  const receiver = aKeyPair().publicKey
  const end = await accepted(
    bench,
    receiver,
    Array.from({ length: 2 * BATCH + 50 }, (_, i) => `word n${i}`),
  )
  await expect.poll(async () => (await bench.feed(receiver)).applied).toBeGreaterThanOrEqual(end)
  await store.drain()
  const options = {
    db: bench.db,
    log: createLogger('store', 'silent'),
    partitions: 1,
    language: 'simple',
    owns: () => true,
  }
  const work = { partition: 0, partitions: 1, language: 'simple' }
  // given five that take the same batches, one of which loses its process in the middle
  await Promise.all(Array.from({ length: 5 }, () => indexSome(bench.db, work)))
  await Promise.all(Array.from({ length: 5 }, () => indexSome(bench.db, work)))
  {
    await using left = new WordIndexer(options)
    await using right = new WordIndexer(options)
    expect(left).not.toBe(right)
    await expect
      .poll(async () => (await bench.sql<{ p: string }>('SELECT indexed_position AS p FROM search_state'))[0]?.p)
      .toBe(String(end))
  }
  const [row] = await bench.sql<{ rows: number; texts: number }>(
    'SELECT (SELECT count(*)::int FROM message) AS rows, (SELECT count(*)::int FROM message_text) AS texts',
  )
  expect(row).toEqual({ rows: 2 * BATCH + 50, texts: 2 * BATCH + 50 })
  expect(await indexSome(bench.db, work)).toBeUndefined()
})

test('reads words as its language does; another language makes it anew; off keeps no words', async () => {
  await using bench = await StoreBench.start({ partitions: 1 })
  const receiver = aKeyPair().publicKey
  const stopped = async (searchLanguage: string | undefined, work: () => Promise<unknown>) => {
    await using store = await bench.store({ searchLanguage })
    await work()
    await store.drain()
  }
  let end = 0n
  await stopped('simple', async () => {
    end = await accepted(bench, receiver, ['she runs', 'the dogs were running'])
    await reached(bench, receiver, end)
    expect(await all(bench, receiver, 'run')).toHaveLength(0)
    expect(await all(bench, receiver, 'the')).toHaveLength(1)
  })
  await stopped('english', async () => {
    await expect.poll(() => all(bench, receiver, 'run')).toHaveLength(2)
    expect(await all(bench, receiver, 'dog ran or run')).toHaveLength(2)
    expect(await all(bench, receiver, 'the')).toHaveLength(0) // a stop word
    const later = await accepted(bench, receiver, ['a runner', 'runs again'])
    await reached(bench, receiver, later)
    expect(await all(bench, receiver, 'running')).toHaveLength(3)
  })
  await stopped(undefined, async () => {
    await expect.poll(() => bench.sql('SELECT FROM message_text')).toEqual([])
  })
  await stopped('english', async () => {
    await expect.poll(() => all(bench, receiver, 'running')).toHaveLength(3)
  })
  await expect(checkLanguage(bench.db, 'klingon')).rejects.toThrow(/klingon.*english/)
})

test('words that have expired leave the index', async () => {
  await using bench = await StoreBench.start({ partitions: 1 })
  await bench.store()
  const receiver = aKeyPair().publicKey
  const brief = aMessage(aKeyPair(), receiver, { text: 'brief', expires: Math.floor(Date.now() / 1000) + 3_600 })
  const stays = aMessage(aKeyPair(), receiver, { text: 'stays' })
  const end = lastPositionOf(streamSeqOf(await bench.accept([brief, stays])))
  await reached(bench, receiver, end)
  const left = async () => (await bench.sql('SELECT FROM message_text')).length
  await forgetExpired(bench.db)
  expect(await left()).toBe(2)
  await bench.sql('UPDATE message_text SET expires = 1 WHERE expires IS NOT NULL') // its hour is over
  await forgetExpired(bench.db)
  expect(await left()).toBe(1)
  expect(await all(bench, receiver, 'stays')).toEqual([toHex(messageId(stays))])
})
