// Proves that whoever follows a feed gets each message once and in order, whatever breaks: the line, the store, the bus, the service.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { formatCursor, positionOf, toZBase32 } from '@p2pmsg/protocol'
import { sleep } from '@p2pmsg/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { RenderBench, type RenderService } from '../support/render-bench.ts'
import { SseReader } from '../support/sse-reader.ts'

let bench: RenderBench
let service: RenderService

beforeAll(async () => {
  bench = await RenderBench.start({ partitions: 2 })
  await bench.stores.store()
  service = await bench.renderApi()
  await following(service)
})
afterAll(() => bench[Symbol.asyncDispose]())

/** A service that has just begun says `unavailable` until it knows the partitions of the log. */
async function following(started: RenderService): Promise<void> {
  for (;;) {
    const reader = await SseReader.open(`${bench.feedUrl(started)}/live`).catch(() => undefined)
    if (reader) return await reader[Symbol.asyncDispose]()
    await sleep(50)
  }
}

/** A feed of its own for each test. */
async function aFeed() {
  const receiver = await bench.host(aKeyPair())
  const author = aKeyPair()
  const url = bench.feedUrl(service, receiver)
  while ((await fetch(url)).status === 404) await sleep(10)
  const messages = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => aMessage(author, receiver.publicKey, { text: `message ${from + i}` }))
  return { receiver, author, url, live: `${url}/live`, messages }
}

/** Together far more than the two ends of a connection buffer. */
const LARGE_MESSAGES = 160
const LARGE_CHARACTERS = 60_000

/** A reader that takes nothing until it is asked for the rest. */
async function aSlowReader(url: string): Promise<{ rest: () => Promise<string> }> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(200)
  return { rest: async () => Buffer.concat(await response.toArray()).toString() }
}

const idsOf = (reader: SseReader) => reader.messages.map(({ id }) => id)
const has = (count: number) => (reader: SseReader) => reader.messages.length >= count

describe('a reader', () => {
  test('without a cursor gets what is new, as it comes', async () => {
    const { live, receiver, messages } = await aFeed()
    await bench.accept(messages(3))
    await bench.stored(receiver, 3)
    await using reader = await SseReader.open(live)
    const ids = await bench.accept(messages(5, 3))
    await reader.until(has(5))
    expect(idsOf(reader)).toEqual(ids)
    expect(reader.response.headers.get('content-type')).toContain('text/event-stream')
    expect(reader.response.headers.get('cache-control')).toBe('no-store')
    expect(reader.events.map(({ id }) => id)).toEqual(reader.messages.map(({ cursor }) => cursor))
  })

  test('that goes away before it saw anything comes back to where it began', async () => {
    const { live, messages } = await aFeed()
    const first = await SseReader.open(live)
    await first.until(({ lastEventId }) => lastEventId !== undefined)
    await first[Symbol.asyncDispose]()
    const ids = await bench.accept(messages(4))
    await using second = await SseReader.open(live, { 'last-event-id': first.lastEventId ?? '' })
    await second.until(has(4))
    expect(idsOf(second)).toEqual(ids)
  })

  test('that comes back again and again while messages arrive gets each once, in order', async () => {
    const { live, messages } = await aFeed()
    const sending = (async () => {
      const ids: string[] = []
      for (let i = 0; i < 40; i++) ids.push(...(await bench.accept(messages(20, i * 20))))
      return ids
    })()
    const seen: string[] = []
    let cursor = formatCursor(0n)
    for (let visit = 0; seen.length < 800; visit++) {
      // Last-Event-ID wins over a cursor that says otherwise; every other visit has only the cursor.
      const header: Record<string, string> = visit % 2 === 0 ? { 'last-event-id': cursor } : {}
      const query = visit % 2 === 0 ? formatCursor(0n) : cursor
      await using reader = await SseReader.open(`${live}?cursor=${query}`, header)
      await reader.until((it) => it.messages.length >= 1 + (visit % 7) * 9 || seen.length + it.messages.length >= 800)
      seen.push(...idsOf(reader))
      cursor = reader.lastEventId ?? cursor
    }
    expect(seen).toEqual(await sending)
  })

  test('gets only what its filter lets through, of the past and of what is new', async () => {
    const { live, receiver, author } = await aFeed()
    const other = aKeyPair()
    const by = (keys: typeof author, text: string, topic = '') => aMessage(keys, receiver.publicKey, { text }, topic)
    await bench.accept([by(author, 'old 1'), by(other, 'old 2', 'news'), by(author, 'old 3', 'news')])
    await bench.stored(receiver, 3)
    const start = formatCursor(0n)
    await using mine = await SseReader.open(`${live}?cursor=${start}&author=${toZBase32(author.publicKey)}`)
    await using news = await SseReader.open(`${live}?cursor=${start}&topic=news`)
    await mine.until(has(2))
    await bench.accept([by(other, 'new 1'), by(author, 'new 2'), by(other, 'new 3', 'news')])
    const textsOf = (reader: SseReader) => reader.messages.map(({ text }) => text)
    expect(textsOf(await mine.until(has(3)))).toEqual(['old 1', 'old 3', 'new 2'])
    expect(textsOf(await news.until(has(3)))).toEqual(['old 2', 'old 3', 'new 3'])
  })

  test('learns of a removal as a message of its own, and of the tombstone when it comes back', async () => {
    const { live, receiver, author, messages } = await aFeed()
    const [id = ''] = await bench.accept(messages(1))
    await bench.stored(receiver, 1)
    await using reader = await SseReader.open(`${live}?cursor=${formatCursor(0n)}`)
    await reader.until(has(1))
    await bench.accept([
      aMessage(author, receiver.publicKey, { type: 'p2pmsg/delete', replyTo: Buffer.from(id, 'hex') }),
    ])
    await reader.until(has(2))
    expect(reader.messages[1]).toMatchObject({ type: 'p2pmsg/delete', replyTo: id })
    await using again = await SseReader.open(`${live}?cursor=${formatCursor(0n)}`)
    await again.until(has(2))
    expect(again.messages[0]).toMatchObject({ id, removed: true })
  })

  test('with a cursor of another log is told so, and gets everything', async () => {
    const { live, messages } = await aFeed()
    const ids = await bench.accept(messages(3))
    await using reader = await SseReader.open(`${live}?cursor=${formatCursor(positionOf(2 ** 40 * 7, 0))}`)
    await reader.until(has(3))
    expect(reader.named('gap').map(({ data }) => JSON.parse(data))).toEqual([{ oldest: formatCursor(0n) }])
    expect(idsOf(reader)).toEqual(ids)
  })

  test('with what is no cursor, or a feed that is not here, gets a problem instead of a stream', async () => {
    const { live } = await aFeed()
    await expect(SseReader.open(`${live}?cursor=yesterday`)).rejects.toThrow('malformed')
    await expect(SseReader.open(`${bench.feedUrl(service, aKeyPair())}/live`)).rejects.toThrow('unknown-receiver')
  })
})

describe('a reader is let go', () => {
  test('when it takes too long: it is told where to go on, and nobody else waits for it', async () => {
    const { live, author, receiver } = await aFeed()
    const start = formatCursor(0n)
    await using quick = await SseReader.open(`${live}?cursor=${start}`)
    const slow = await aSlowReader(`${live}?cursor=${start}`)
    const large = Array.from({ length: LARGE_MESSAGES }, (_, i) =>
      aMessage(author, receiver.publicKey, { text: `${i} `.repeat(LARGE_CHARACTERS / 4) }),
    )
    const ids: string[] = []
    for (let at = 0; at < large.length; at += 8) ids.push(...(await bench.accept(large.slice(at, at + 8))))
    await quick.until(has(LARGE_MESSAGES))
    expect(idsOf(quick)).toEqual(ids)
    const events = (await slow.rest()).split('\n\n').filter((event) => event.includes('data: '))
    const idOf = (event: string) => (JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? '') as { id: string }).id
    const last = events.pop() ?? ''
    expect(last).toContain('event: slow\n')
    expect(events.length).toBeLessThan(LARGE_MESSAGES)
    const cursor = /^id: (.*)$/m.exec(last)?.[1] ?? ''
    await using back = await SseReader.open(live, { 'last-event-id': cursor })
    await back.until(has(LARGE_MESSAGES - events.length))
    expect([...events.map(idOf), ...idsOf(back)]).toEqual(ids)
  })

  test('when its feed is no longer hosted here', async () => {
    const { live, receiver } = await aFeed()
    await using reader = await SseReader.open(live)
    await bench.unhost(receiver)
    await reader.ended()
    expect(reader.named('gone').map(({ data }) => JSON.parse(data))).toEqual([{ cursor: reader.lastEventId }])
    await expect(SseReader.open(live)).rejects.toThrow('unknown-receiver')
  })
})

test('announcements come in once, however many readers there are', async (context) => {
  const { monitorUrl } = bench.stores.nats
  if (monitorUrl === undefined) return context.skip('this NATS server cannot be asked for its subscriptions')
  const own = await bench.renderApi()
  await following(own)
  await using open = new AsyncDisposableStack()
  for (const receiver of [bench.receiver, await bench.host(aKeyPair())]) {
    const live = `${bench.feedUrl(own, receiver)}/live`
    while ((await fetch(`${live}?cursor=x`)).status === 404) await sleep(10)
    for (let i = 0; i < 10; i++) open.use(await SseReader.open(live))
  }
  const replicas = async () => {
    const answer = await (await fetch(`${monitorUrl}/subsz?subs=1&test=committed.v1.0`)).json()
    return (answer as { subscriptions_list: { cid: number }[] }).subscriptions_list.map(({ cid }) => cid)
  }
  const cids = await replicas()
  expect(new Set(cids).size).toBe(cids.length)
  expect(cids.length).toBeGreaterThan(0)
  await own.drain()
  await own[Symbol.asyncDispose]()
  await expect.poll(async () => (await replicas()).length).toBe(cids.length - 1)
})

describe('nothing is lost or repeated', () => {
  test('when the store stops and another takes over', async () => {
    await using own = await RenderBench.start({ partitions: 1 })
    const first = await own.stores.store()
    const render = await own.renderApi()
    const author = aKeyPair()
    const some = (count: number, from: number) =>
      Array.from({ length: count }, (_, i) => aMessage(author, own.receiver.publicKey, { text: `${from + i}` }))
    const ids = await own.accept(some(5, 0))
    while ((await fetch(`${own.feedUrl(render)}/live?cursor=x`)).status !== 400) await sleep(20)
    await own.stored(own.receiver, 5)
    await using reader = await open(`${own.feedUrl(render)}/live?cursor=${formatCursor(0n)}`)
    await reader.until(has(5))
    await first.drain()
    await first[Symbol.asyncDispose]()
    ids.push(...(await own.accept(some(70, 5))))
    await own.stores.store()
    await reader.until(has(70))
    ids.push(...(await own.accept(some(5, 75))))
    await reader.until(has(80))
    expect(idsOf(reader)).toEqual(ids)
  })

  test('when the service drains: each reader is told where to go on, at a sibling', async () => {
    const { receiver, messages } = await aFeed()
    const sibling = await bench.renderApi()
    await following(sibling)
    const url = `${bench.feedUrl(sibling, receiver)}/live`
    const start = formatCursor(0n)
    const readers = await Promise.all(Array.from({ length: 10 }, () => SseReader.open(`${url}?cursor=${start}`)))
    const ids = await bench.accept(messages(3))
    await Promise.all(readers.map((reader) => reader.until(has(3))))
    await sibling.drain()
    await sibling[Symbol.asyncDispose]()
    for (const reader of readers) {
      await reader.ended()
      expect(reader.named('drain').map(({ data }) => JSON.parse(data))).toEqual([{ cursor: reader.lastEventId }])
    }
    ids.push(...(await bench.accept(messages(2, 3))))
    const cursor = readers[0]?.lastEventId ?? ''
    await using back = await SseReader.open(`${bench.feedUrl(service, receiver)}/live`, { 'last-event-id': cursor })
    await back.until(has(2))
    expect([...idsOf(readers[0] as SseReader), ...idsOf(back)]).toEqual(ids)
  })
})

async function open(url: string): Promise<SseReader> {
  for (;;) {
    const reader = await SseReader.open(url).catch(() => undefined)
    if (reader) return reader
    await sleep(20)
  }
}
