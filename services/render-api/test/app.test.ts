// What the routes do with an answer of the store, without a store: addresses, problems, headers, tags.

import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { type FeedAnswer, type ReceiverEntry, toHex, toZBase32 } from '@p2pmsg/protocol'
import { BusUnavailable, createLogger } from '@p2pmsg/runtime'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { Names } from '../src/feed/names.ts'
import { Pages } from '../src/feed/pages.ts'
import { Heads } from '../src/follow/heads.ts'
import { FeedJson, MessageJson } from '../src/formats/json.ts'
import { ClientLimits } from '../src/http/client-limits.ts'
import type { App } from '../src/routes/route.ts'
import { ProblemJson } from '../src/routes/schemas.ts'
import type { Reader } from '../src/store-reader.ts'
import { AUTHOR, aRow, aTombstone, RECEIVED_MS, RECEIVER } from './rows.ts'

const receiver = RECEIVER.publicKey
const path = `/v1/feeds/${toZBase32(receiver)}`
/** More than these tests ask. */
const RATE = 100
const HOSTILE = '<script>alert("x")</script> & \u202e"quoted"'
const rows = [aRow(9n, { text: HOSTILE }, { topic: '<b>' }), aTombstone(5n)]
const answer: FeedAnswer = { rows, more: false, reached: undefined, applied: 20n, revision: 1n }
let away = false

const reader: Reader = {
  feed: () => (away ? Promise.reject(new BusUnavailable('away')) : Promise.resolve(answer)),
  archive: () => Promise.resolve({ older: undefined, newer: undefined, applied: 20n }),
  count: () => Promise.resolve({ messages: 1, more: false, applied: 20n }),
  message: () => Promise.resolve({ row: rows[0], receiver, applied: 20n }),
  trace: () => Promise.resolve({ stored: undefined, refused: undefined, applied: 20n }),
  author: ({ author }) =>
    Promise.resolve({
      name: Buffer.compare(author, AUTHOR.publicKey) ? '' : '<i>Ada',
      about: '',
      messages: 1,
      applied: 20n,
    }),
  stats: () => Promise.reject(new BusUnavailable('not asked here')),
}

let app: App
const heads = new Heads(() => RECEIVED_MS)
beforeAll(async () => {
  const now = () => RECEIVED_MS
  const names = new Names(reader, heads, now)
  const pages = new Pages({ reader, names, heads, now })
  const log = createLogger('render-api', 'silent')
  const hostedHere = { key: receiver } as ReceiverEntry
  const receivers = { get: (key: Uint8Array) => (Buffer.compare(key, receiver) ? undefined : hostedHere) }
  const context = {
    reader,
    receivers,
    names,
    pages,
    log,
    now,
    publicUrl: 'https://feeds.example',
    durability: () => 'synced' as const,
    missing: () => [],
    clients: new ClientLimits({ perSecond: RATE, now }),
    clientRate: RATE,
    trustedProxies: ['192.0.2.0/24'],
    live: { follow: () => Promise.reject(new BusUnavailable('not followed here')) },
  }
  app = await createApp({ ...context, defaultReceiver: receiver })
})
afterAll(() => app.close())

describe('a feed as JSON', () => {
  test('is as its schema says, and links to its neighbours', async () => {
    const reply = await app.inject(path)
    expect(reply.statusCode).toBe(200)
    const feed: unknown = reply.json()
    expect([...Value.Errors({ Message: MessageJson }, FeedJson, feed)]).toEqual([])
    expect(feed).toMatchObject({ receiver: toZBase32(receiver), applied: '20', revision: '1', next: null, prev: null })
    expect(feed).toMatchObject({
      messages: [
        { text: HOSTILE, authorName: '<i>Ada' },
        { removed: true, author: null },
      ],
    })
    expect(reply.headers.link).toContain(`<https://feeds.example${path}>; rel="first"`)
    expect(reply.headers.link).toContain(
      `<https://feeds.example${path}.atom>; rel="alternate"; type="application/atom+xml"`,
    )
    expect(reply.headers['access-control-allow-origin']).toBe('*')
  })

  test('is not sent again to whoever has it', async () => {
    const first = await app.inject(path)
    const again = await app.inject({ url: path, headers: { 'if-none-match': String(first.headers.etag) } })
    expect([again.statusCode, again.body]).toEqual([304, ''])
    const other = await app.inject({ url: `${path}?limit=9`, headers: { 'if-none-match': String(first.headers.etag) } })
    expect(other.statusCode).toBe(200)
  })

  test('is given out again without reading the request anew, and not to those who ask otherwise', async () => {
    const [json, html] = ['application/json', 'text/html']
    const ask = (accept: string, query = '') => app.inject({ url: `${path}${query}`, headers: { accept } })
    const first = [await ask(json), await ask(html), await ask(json, '?limit=9')]
    heads.setPartitions(1)
    heads.heard(0, { prev: 20n, last: 20n, rows: [] })
    const again = [await ask(json), await ask(html), await ask(json, '?limit=9')]
    const told = ({ statusCode, body, headers }: Awaited<ReturnType<typeof ask>>) => {
      return { statusCode, body, headers: { ...headers, date: undefined } }
    }
    expect(again.map(told)).toEqual(first.map(told))
    expect(new Set(again.map(({ headers }) => headers.etag)).size).toBe(3)
    expect((await ask('image/png')).statusCode).toBe(406)
  })

  test('has one address: a key in hex is redirected to it, with its query', async () => {
    const reply = await app.inject(`/v1/feeds/${toHex(receiver)}?limit=3`)
    expect([reply.statusCode, reply.headers.location]).toEqual([308, `${path}?limit=3`])
  })
})

describe('the same page by Accept', () => {
  test.each([
    [undefined, 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
    ['application/atom+xml, application/rss+xml;q=0.9', 'application/atom+xml; charset=utf-8'],
    ['application/feed+json', 'application/feed+json; charset=utf-8'],
  ])('%s: %s', async (accept, expected) => {
    const reply = await app.inject({ url: path, headers: accept === undefined ? {} : { accept } })
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, expected])
    expect(reply.headers.vary).toContain('Accept,')
  })

  test('in none of the formats asked for is a problem', async () => {
    const reply = await app.inject({ url: path, headers: { accept: 'image/png' } })
    expect([reply.statusCode, reply.json()]).toMatchObject([406, { code: 'not-acceptable' }])
  })
})

describe('compressed', () => {
  test.each(['br', 'gzip'])('%s gives the same page under a tag of its own', async (encoding) => {
    const plain = await app.inject(path)
    const reply = await app.inject({ url: path, headers: { 'accept-encoding': encoding } })
    expect(reply.headers['content-encoding']).toBe(encoding)
    const body = encoding === 'br' ? brotliDecompressSync(reply.rawPayload) : gunzipSync(reply.rawPayload)
    expect(body.toString()).toBe(plain.body)
    expect(reply.headers.etag).not.toBe(plain.headers.etag)
    const again = { 'accept-encoding': encoding, 'if-none-match': String(reply.headers.etag) }
    expect((await app.inject({ url: path, headers: again })).statusCode).toBe(304)
  })
})

describe('a problem', () => {
  test.each([
    [`/v1/feeds/${toZBase32(AUTHOR.publicKey)}`, 404, 'unknown-receiver'],
    ['/v1/feeds/nobody', 404, 'unknown-receiver'],
    [`${path}?limit=0`, 400, 'malformed'],
    [`${path}?limit=201`, 400, 'malformed'],
    [`${path}?before=x`, 400, 'malformed'],
    [`${path}?q=${'w'.repeat(201)}`, 400, 'malformed'],
    [`${path}/live?q=words`, 400, 'malformed'],
    [`${path}?author=a&author=b`, 400, 'malformed'],
    ['/v1/messages/1', 400, 'malformed'],
    [`/v1/messages/${'0'.repeat(64)}/trace`, 404, 'not-found'],
    ['/v2', 404, 'not-found'],
    ['/%ff', 400, 'malformed'],
  ])('%s: %i %s', async (url, status, code) => {
    const reply = await app.inject(url)
    expect(reply.headers['content-type']).toContain('application/problem+json')
    const told: unknown = reply.json()
    expect([...Value.Errors(ProblemJson, told)]).toEqual([])
    expect(told).toMatchObject({ status, code, retryable: false })
    expect(reply.statusCode).toBe(status)
  })

  test('that will pass says when to come back', async () => {
    away = true
    const reply = await app.inject(`${path}?limit=7`)
    const page = await app.inject('/?limit=7')
    away = false
    expect(reply.statusCode).toBe(503)
    expect(reply.headers['retry-after']).toBe('1')
    expect(reply.json()).toMatchObject({ code: 'unavailable', retryable: true, retry_after: 1 })
    expect([page.statusCode, page.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8'])
  })
})

describe('a client that asks too often', () => {
  const ask = (remoteAddress: string, headers: Record<string, string> = {}, url = '/limits') =>
    app.inject({ url, remoteAddress, headers })

  test('is told when it may ask again, whatever it claims to be; others and probes are served', async () => {
    const limits = (await ask('203.0.113.1')).json<{ requests_burst_max: number }>()
    for (let i = 1; i < limits.requests_burst_max; i++) await ask('203.0.113.1', { 'x-forwarded-for': `10.0.0.${i}` })
    const reply = await ask('203.0.113.1', { 'x-forwarded-for': '10.0.1.1' })
    expect([reply.statusCode, reply.headers['retry-after']]).toEqual([429, '1'])
    expect(reply.headers['content-type']).toContain('application/problem+json')
    expect(reply.json()).toMatchObject({ code: 'rate-limited', retryable: true, retry_after: 1 })
    expect((await ask('203.0.113.1', {}, '/livez')).statusCode).toBe(200)
    expect((await ask('203.0.113.2')).statusCode).toBe(200)
    // a proxy that is trusted speaks for its clients, and they are told apart
    expect((await ask('192.0.2.1', { 'x-forwarded-for': '203.0.113.1' })).statusCode).toBe(429)
    expect((await ask('192.0.2.1', { 'x-forwarded-for': '203.0.113.3' })).statusCode).toBe(200)
  })

  test('pays for what is looked for below each reply of a thread', async () => {
    const page = `/m/${toHex(rows[0]?.id ?? Buffer.of())}`
    const served = async () => (await ask('203.0.113.4', {}, page)).statusCode === 200
    let pages = 0
    while (pages < 4 * RATE && (await served())) pages++
    expect(pages).toBe(27) // 1, and 2 + 4 + 8 for the levels below the first; the last is owed in part
  })
})

describe('a page for people', () => {
  test.each(['/', '/tweets', `${path}.html`])('%s shows the feed, and nothing of it as markup', async (url) => {
    const reply = await app.inject(url)
    expect(reply.statusCode).toBe(200)
    expect(reply.body).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &quot;quoted&quot;')
    expect(reply.body).toContain('&lt;i&gt;Ada')
    expect(reply.body).not.toContain('<script>')
    expect(reply.headers['content-security-policy']).toContain("default-src 'none'")
  })

  test('has a form that searches it, with what narrows it already', async () => {
    const { body } = await app.inject(`/?q=high%20%20%22tide%22&topic=%3Cb%3E&before=AQAAAAAAAAAA`)
    const form = /<form class="search"[^]*?<\/form>/.exec(body)?.[0]
    expect(form).toContain('action="/"')
    expect(form).toContain('name="q" value="high &quot;tide&quot;"')
    expect(form).toContain('<input type="hidden" name="topic" value="&lt;b&gt;">')
    expect(form).not.toContain('before')
    expect(body).not.toContain('data-live')
  })

  test('loads what it names', async () => {
    const { body } = await app.inject('/')
    const links = [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, url]) => url ?? '')
    expect(links.length).toBeGreaterThan(0)
    for (const url of links) expect((await app.inject(url)).statusCode).toBe(200)
  })

  test('of one message has its signed bytes one step away', async () => {
    const id = toHex(rows[0]?.id ?? Buffer.of())
    const { body } = await app.inject(`/m/${id}`)
    expect(body).toContain(`/v1/messages/${id}`)
    const raw = await app.inject({ url: `/v1/messages/${id}`, headers: { accept: 'application/vnd.p2pmsg.message' } })
    expect(toHex(raw.rawPayload)).toBe(toHex(rows[0]?.message ?? Buffer.of()))
  })
})

test('the description has every address that answers, but for files of pages and preflights', async () => {
  const parents: string[] = []
  const addresses: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false, includeHooks: false }).split('\n')) {
    const [, indent = '', part = '', methods = ''] = /^(.*)── (\S+) \((.+)\)$/.exec(line) ?? []
    const depth = Math.floor(indent.length / 4)
    parents[depth] = `${parents[depth - 1] ?? ''}${part}`
    const address = parents[depth].replace('//', '/').replaceAll(/:(\w+)/g, '{$1}')
    if (methods.includes('GET') && !address.startsWith('/assets/')) addresses.push(address)
  }
  expect(addresses).toContain('/v1/feeds/{receiver}/live')
  const described = (await app.inject('/openapi.json')).json<{ openapi: string; paths: object }>()
  expect(described.openapi).toBe('3.1.0')
  expect(Object.keys(described.paths).toSorted()).toEqual(addresses.toSorted())
})

test('a browser may ask from anywhere, without credentials', async () => {
  const reply = await app.inject({ method: 'OPTIONS', url: path, headers: { origin: 'https://a.example' } })
  expect(reply.statusCode).toBe(204)
  expect(reply.headers['access-control-allow-methods']).toBe('GET, HEAD')
  expect(reply.headers['access-control-allow-credentials']).toBeUndefined()
})
