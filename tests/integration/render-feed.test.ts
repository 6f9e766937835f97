// Proves that readers get from the real store what was accepted: pages, single messages, removals, and that a hot page asks nobody.
import { toHex, toZBase32 } from '@p2pmsg/protocol'
import { sleep } from '@p2pmsg/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { RenderBench, type RenderService } from '../support/render-bench.ts'

let bench: RenderBench
let service: RenderService

beforeAll(async () => {
  bench = await RenderBench.start({ partitions: 2 })
  await bench.stores.store()
  service = await bench.renderApi()
})
afterAll(() => bench[Symbol.asyncDispose]())

type Listed = { id: string; cursor: string; position: string; removed?: true; text?: string }
type FeedPage = {
  messages: Listed[]
  next: string | null
  prev: string | null
  resume: string | null
  revision: string
}

async function read(url: string): Promise<FeedPage> {
  const response = await fetch(url)
  expect(response.status).toBe(200)
  return (await response.json()) as FeedPage
}

/** Asks until the answer is as wanted: announcements and commits take the time they take. */
async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
    await sleep(20)
  }
}

describe('pages', () => {
  test('walked in either direction give each message once, in the order of acceptance', async () => {
    // given more messages than three pages hold
    const receiver = await bench.host(aKeyPair())
    const author = aKeyPair()
    const sent = Array.from({ length: 130 }, (_, i) => aMessage(author, receiver.publicKey, { text: `message ${i}` }))
    const ids = await bench.accept(sent)
    await bench.stored(receiver, sent.length)
    const url = bench.feedUrl(service, receiver)
    await eventually(
      () => read(url),
      (page) => page.messages[0]?.id === ids.at(-1),
    )
    // when they are read from the newest back, and from the oldest on
    const walk = async (parameter: 'before' | 'after', start: string | undefined) => {
      const found: string[] = []
      let cursor: string | null | undefined = start
      do {
        const page = await read(`${url}?limit=50${cursor ? `&${parameter}=${cursor}` : ''}`)
        found.push(...page.messages.map(({ id }) => id))
        cursor = page.next
      } while (cursor)
      return found
    }
    const backwards = await walk('before', undefined)
    const forwards = await walk('after', 'AQAAAAAAAAAA')
    // then both are complete
    expect(backwards).toEqual(ids.toReversed())
    expect(forwards).toEqual(ids)
  })

  test('a page comes back without its bytes until something is accepted or removed', async () => {
    const receiver = await bench.host(aKeyPair())
    const author = aKeyPair()
    const [first = ''] = await bench.accept([aMessage(author, receiver.publicKey, { text: 'to be removed' })])
    const url = bench.feedUrl(service, receiver)
    await eventually(
      () => read(url),
      (page) => page.messages.length === 1,
    )
    const tagged = async () => {
      const response = await fetch(url, { headers: etag ? { 'if-none-match': etag } : {} })
      etag = response.headers.get('etag') ?? ''
      return response.status
    }
    let etag = ''
    expect(await tagged()).toBe(200)
    expect(await tagged()).toBe(304)
    // when its author removes the message
    const target = Buffer.from(first, 'hex')
    await bench.accept([aMessage(author, receiver.publicKey, { type: 'p2pmsg/delete', replyTo: target })])
    await eventually(tagged, (status) => status === 200)
    const page = await eventually(
      () => read(url),
      ({ messages }) => messages.length === 2,
    )
    // then its words are gone, and its place says so
    expect(page.messages[1]).toMatchObject({ id: first, removed: true, author: null })
    expect(page.messages[1]?.text).toBeUndefined()
    expect(page.revision).toBe('1')
    const single = await fetch(`${service.url}/v1/messages/${first}`)
    expect(await single.json()).toMatchObject({ removed: true, message: null })
    expect((await fetch(`${service.url}/m/${first}`)).status).toBe(410)
  })

  test('a hot page is made once, however often it is read', async () => {
    const receiver = await bench.host(aKeyPair())
    await bench.accept([aMessage(aKeyPair(), receiver.publicKey, { text: 'hot' })])
    const url = bench.feedUrl(service, receiver)
    await eventually(
      () => read(url),
      (page) => page.messages.length === 1,
    )
    const asked: string[] = []
    const listening = (await bench.stores.bus('admin')).nc.subscribe('store.v1.feed', {
      callback: (_, { data }) => void asked.push(toHex(data)),
    })
    await sleep(1_200) // until each partition has been heard again
    asked.length = 0
    await read(url)
    const before = asked.length
    for (let i = 0; i < 100; i++) await read(url)
    listening.unsubscribe()
    expect(before).toBeLessThanOrEqual(1)
    expect(asked.length).toBe(before)
  })

  test('filters choose among the messages of one feed', async () => {
    const receiver = await bench.host(aKeyPair())
    const [ada, bob] = [aKeyPair(), aKeyPair()]
    const first = aMessage(ada, receiver.publicKey, { text: 'a question' }, 'häuser')
    const [id = ''] = await bench.accept([first])
    await bench.accept([
      aMessage(bob, receiver.publicKey, { text: 'an answer', replyTo: Buffer.from(id, 'hex') }),
      aMessage(ada, receiver.publicKey, { text: 'something else' }),
    ])
    const url = bench.feedUrl(service, receiver)
    await eventually(
      () => read(url),
      (page) => page.messages.length === 3,
    )
    const texts = async (query: string) => (await read(`${url}?${query}`)).messages.map(({ text }) => text)
    expect(await texts(`author=${toZBase32(ada.publicKey)}`)).toEqual(['something else', 'a question'])
    expect(await texts(`topic=${encodeURIComponent('häuser')}`)).toEqual(['a question'])
    expect(await texts(`reply_to=${id}`)).toEqual(['an answer'])
  })
})

test('a feed is counted by its writers, what a filter leaves up to a bound; what is removed does not count', async () => {
  const receiver = await bench.host(aKeyPair())
  const [ada, bob] = [aKeyPair(), aKeyPair()]
  const to = receiver.publicKey
  const sent = [
    ...Array.from({ length: 7 }, (_, i) => aMessage(ada, to, { text: `${i}` }, i < 3 ? 'news' : '')),
    aMessage(bob, to, { text: 'one' }),
  ]
  const ids = await bench.accept(sent)
  const remove = { type: 'p2pmsg/delete', replyTo: Buffer.from(ids[0] ?? '', 'hex') }
  await bench.accept([aMessage(ada, to, remove)])
  const count = async (query = '') => (await fetch(`${bench.feedUrl(service, receiver)}/count${query}`)).json()
  const told = (messages: number) => ({ receiver: toZBase32(to), messages, more: false })
  await eventually(count, (it) => (it as { messages?: number }).messages === 8)
  expect(await count()).toEqual(told(8))
  expect(await count(`?author=${toZBase32(bob.publicKey)}`)).toEqual(told(1))
  expect(await count(`?author=${toZBase32(ada.publicKey)}`)).toEqual(told(7))
  expect(await count('?topic=news')).toEqual(told(2))
  await bench.stores.sql(
    `INSERT INTO message (id, receiver, position, author, topic, seq, received_ms, dialect, type, message)
    SELECT sha256(int8send(i)), $1, ${2n ** 55n} + i, $2, 'many', i, i, 0, 'text/plain', $3 FROM generate_series(1, 10001) AS i`,
    [Buffer.from(to), Buffer.from(bob.publicKey), Buffer.of(1)],
  )
  expect(await count('?topic=many')).toEqual({ ...told(10_000), more: true })
})

test('/limits tells what receipts say of the log', async () => {
  const limits = (await (await fetch(`${service.url}/limits`)).json()) as { durability: string }
  // Only a server that can be asked is known to sync.
  expect(limits.durability).toBe(bench.stores.nats.monitorUrl === undefined ? 'volatile' : 'synced')
})

describe('one message', () => {
  test('gives its signed bytes, and its way can be traced', async () => {
    const message = aMessage(aKeyPair(), bench.receiver.publicKey, { text: 'hello\n<b>world</b>' })
    const [id = ''] = await bench.accept([message])
    const trace = await eventually(
      () => fetch(`${service.url}/v1/messages/${id}/trace`),
      ({ status }) => status === 200,
    )
    expect(await trace.json()).toMatchObject({ id, stage: 'stored', stored: { removed: false } })
    const answer = await fetch(`${service.url}/v1/messages/${id}`)
    expect(await answer.json()).toMatchObject({
      id,
      receiver: toZBase32(bench.receiver.publicKey),
      text: 'hello\n<b>world</b>',
    })
    const page = await (await fetch(`${service.url}/m/${id}`)).text()
    expect(page).toContain('&lt;b&gt;world&lt;/b&gt;')
  })

  test('that nobody sent is nowhere', async () => {
    for (const path of ['', '/trace']) {
      const answer = await fetch(`${service.url}/v1/messages/${'ab'.repeat(32)}${path}`)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ])
    }
  })
})

describe('names', () => {
  test('from profiles stand beside the keys', async () => {
    const receiver = await bench.host(aKeyPair())
    const ada = aKeyPair()
    await bench.accept([aMessage(ada, receiver.publicKey, { text: 'before I had a name' })])
    await bench.accept([aMessage(ada, receiver.publicKey, { type: 'p2pmsg/profile', name: 'Ada', about: 'numbers' })])
    const url = bench.feedUrl(service, receiver)
    const page = await eventually(
      () => fetch(`${url}.html`).then((it) => it.text()),
      (it) => it.includes('Ada'),
    )
    // a name that is known already is another as soon as its owner says so
    await bench.accept([aMessage(ada, receiver.publicKey, { type: 'p2pmsg/profile', name: 'Countess', about: '' })])
    await eventually(
      () => fetch(`${url}.html`).then((it) => it.text()),
      (it) => it.includes('<bdi class="name">Countess</bdi>'),
    )
    await bench.accept([aMessage(ada, receiver.publicKey, { type: 'p2pmsg/profile', name: 'Ada', about: 'numbers' })])
    await eventually(
      () => fetch(`${url}.html`).then((it) => it.text()),
      (it) => it.includes('<bdi class="name">Ada</bdi>'),
    )
    expect(page).toContain('before I had a name')
    const [author, feed] = [toZBase32(ada.publicKey), toZBase32(receiver.publicKey)]
    const told = await (await fetch(`${service.url}/v1/authors/${author}?receiver=${feed}`)).json()
    expect(told).toMatchObject({ author, receiver: feed, name: 'Ada', about: 'numbers', messages: 4 })
  })
})

describe('receivers', () => {
  test('appear and disappear while we run', async () => {
    const receiver = aKeyPair()
    const url = bench.feedUrl(service, receiver)
    const unknown = await fetch(url)
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'unknown-receiver' }])
    await bench.host(receiver)
    await eventually(
      () => fetch(url),
      ({ status }) => status === 200,
    )
    await bench.unhost(receiver)
    await eventually(
      () => fetch(url),
      ({ status }) => status === 404,
    )
  })
})

describe('without a store', () => {
  test('readers are told to come back, and are served again when it is there', async () => {
    await using lonely = await RenderBench.start()
    const alone = await lonely.renderApi()
    const told = await fetch(lonely.feedUrl(alone))
    expect([told.status, told.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await told.json()).toMatchObject({ code: 'unavailable', retryable: true })
    expect((await fetch(`${alone.url}/readyz`)).status).toBe(200)
    await lonely.stores.store()
    await eventually(
      () => fetch(lonely.feedUrl(alone)),
      ({ status }) => status === 200,
    )
  })
})
