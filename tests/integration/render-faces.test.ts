// Proves that the five formats of a feed say the same, in the same order, and that others' programs read them.

import { encodeMessage, formatCursor, fromBase64Url, messageId, parseMessage, toHex } from '@p2pmsg/protocol'
import { sleep } from '@p2pmsg/runtime'
import { parseAtomFeed, parseJsonFeed } from 'feedsmith'
import { HtmlValidate } from 'html-validate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { RenderBench, type RenderService } from '../support/render-bench.ts'

let bench: RenderBench
let service: RenderService
let ids: string[]
let url: string
const [ada, bob] = [aKeyPair(), aKeyPair()]
/** Of the many messages that the feed begins with. */
const authorOf = (index: number) => (index % 3 ? ada : bob)

beforeAll(async () => {
  bench = await RenderBench.start()
  await bench.stores.store()
  service = await bench.renderApi()
  const to = bench.receiver.publicKey
  const many = Array.from({ length: 300 }, (_, i) =>
    aMessage(authorOf(i), to, { text: `<${i}> & "so" on 😀` }, i % 5 ? '' : 'fives'),
  )
  ids = await bench.accept(many)
  const target = Buffer.from(ids[7] ?? '', 'hex')
  ids.push(
    ...(await bench.accept([
      aMessage(ada, to, { type: 'p2pmsg/profile', name: 'Ada & Co', about: 'counts' }),
      aMessage(ada, to, { type: 'p2pmsg/delete', replyTo: target }),
      aMessage(bob, to, { text: 'an answer', replyTo: target }),
    ])),
  )
  url = bench.feedUrl(service)
  while (!(await (await fetch(url)).text()).includes('an answer')) await sleep(20)
})
afterAll(() => bench[Symbol.asyncDispose]())

const namedId = (id: string) => `ni:///sha-256;${Buffer.from(id, 'hex').toString('base64url')}`

test('Atom, page by page, holds every message once, as a reader of others reads it', async () => {
  const found: (string | undefined)[] = []
  for (let next: string | undefined = `${url}.atom`; next; ) {
    const response: Response = await fetch(next)
    expect(response.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8')
    const feed = parseAtomFeed(await response.text())
    found.push(...(feed.entries ?? []).map(({ id }) => id))
    expect(feed.links?.find(({ rel }) => rel === 'self')?.href).toBe(next)
    next = feed.links?.find(({ rel }) => rel === 'next')?.href
  }
  expect(found).toEqual(ids.toReversed().map(namedId))
})

test('Atom archives hold every message once, lead both ways, and keep their bytes until one is removed', async () => {
  type Document = { found: string[]; rel: (rel: string) => string | undefined; response: Response; text: string }
  const document = async (at: string): Promise<Document> => {
    const response = await fetch(at)
    const text = await response.text()
    const feed = parseAtomFeed(text)
    const rel = (name: string) => feed.links?.find((link) => link.rel === name)?.href
    expect([response.status, rel('self')]).toEqual([200, at])
    return { found: (feed.entries ?? []).map(({ id }) => id ?? ''), rel, response, text }
  }
  const current = await document(`${url}.atom`)
  expect(current.text).not.toContain('<fh:archive/>')
  const chain: Document[] = []
  for (let at = current.rel('prev-archive'); at !== undefined; at = chain.at(-1)?.rel('prev-archive')) {
    chain.push(await document(at))
  }
  const archived = chain.flatMap(({ found }) => found)
  expect(archived).toEqual(ids.slice(0, archived.length).toReversed().map(namedId))
  expect(new Set([...current.found, ...archived]).size).toBe(ids.length)
  for (const [index, { text, rel, response }] of chain.entries()) {
    expect(text.match(/<fh:archive\/>/g)).toHaveLength(1)
    expect(rel('current')).toBe(`${url}.atom`)
    expect(rel('next-archive')).toBe(chain[index - 1]?.rel('self'))
    expect(rel('next')).toBeUndefined()
    expect(response.headers.get('cache-control')).toBe(index === 0 ? 'public, no-cache' : 'public, max-age=86400')
  }
  const [removed, kept] = [chain.at(-2), chain.at(-1)]
  const tagOf = async (at: Document | undefined) => (await fetch(at?.rel('self') ?? '')).headers.get('etag')
  const tags = [await tagOf(removed), await tagOf(kept)]
  const which = ids.findIndex((id) => namedId(id) === removed?.found.at(-1))
  const target = Buffer.from(ids[which] ?? '', 'hex')
  ids.push(
    ...(await bench.accept([
      aMessage(authorOf(which), bench.receiver.publicKey, { type: 'p2pmsg/delete', replyTo: target }),
    ])),
  )
  await expect.poll(() => tagOf(removed)).not.toBe(tags[0])
  expect(await tagOf(kept)).toBe(tags[1])
  const again = await document(removed?.rel('self') ?? '')
  expect(again.found).toEqual(removed?.found)
  expect(again.text.split('<entry>').at(-1)).toContain('This message was removed by its author.')
})

test('an archive that a stranger makes up is bounded, and there only once it is complete', async () => {
  const at = (after: bigint, until: bigint) => `${url}/archive/${formatCursor(after)}/${formatCursor(until)}.atom`
  const { applied } = (await (await fetch(url)).json()) as { applied: string }
  const problem = async (from: string) => ((await (await fetch(from)).json()) as { code: string }).code
  expect(await problem(at(0n, BigInt(applied)))).toBe('not-found')
  expect(await problem(at(0n, BigInt(applied) + 1_000_000n))).toBe('unavailable')
  expect(await problem(at(7n, 7n))).toBe('malformed')
  expect(await problem(`${url}/archive/x/y.atom`)).toBe('malformed')
})

test('JSON Feed, page by page, holds every message once, as a reader of others reads it', async () => {
  const found: (string | undefined)[] = []
  for (let next: string | undefined = `${url}.json?limit=100`; next; ) {
    const response: Response = await fetch(next)
    expect(response.headers.get('content-type')).toBe('application/feed+json; charset=utf-8')
    const feed = parseJsonFeed(await response.text())
    found.push(...(feed.items ?? []).map(({ id }) => id))
    next = feed.next_url
  }
  expect(found).toEqual(ids.toReversed().map(namedId))
})

test('an export holds every message once with its signed bytes, and goes on from any cursor', async () => {
  const lines = async (query = '') => {
    const response = await fetch(`${url}.ndjson${query}`)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    return (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; cursor: string; message: string | null; removed?: true })
  }
  const all = await lines()
  expect(all.map(({ id }) => id)).toEqual(ids)
  expect(all.filter(({ removed }) => removed).map(({ id }) => id)).toContain(ids[7])
  for (const { id, message } of all) {
    if (message === null) continue
    const parsed = parseMessage(fromBase64Url(message) ?? Buffer.of())
    if (!parsed.ok) throw new Error(parsed.fault)
    expect(toHex(messageId(parsed.value))).toBe(id)
    expect(Buffer.from(encodeMessage(parsed.value)).toString('base64url')).toBe(message)
  }
  expect((await lines(`?after=${all[249]?.cursor}`)).map(({ id }) => id)).toEqual(ids.slice(250))
  expect(await lines('?topic=fives')).toHaveLength(60)
})

test('HTML, page by page, holds every message once, in words that a checker of others finds no fault with', async () => {
  const checker = new HtmlValidate({
    extends: ['html-validate:standard', 'html-validate:a11y'],
    rules: { 'no-inline-style': 'error', 'void-style': 'off', 'long-title': 'off' },
  })
  const found: string[] = []
  for (let next: string | undefined = '/'; next; ) {
    const text = await (await fetch(new URL(next, service.url))).text()
    found.push(...[...text.matchAll(/<article [^>]*id="m-([0-9a-f]{64})"/g)].map(([, id]) => id ?? ''))
    const report = await checker.validateString(text)
    expect(
      report.results.flatMap(({ messages }) =>
        messages.map(({ ruleId, line, message }) => `${line} ${ruleId} ${message}`),
      ),
    ).toEqual([])
    next = /<a rel="next" href="([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')
  }
  expect(found).toEqual(ids.toReversed())
})

test('a page of one message is as well made as the others', async () => {
  const checker = new HtmlValidate({
    extends: ['html-validate:standard', 'html-validate:a11y'],
    rules: { 'void-style': 'off', 'long-title': 'off' },
  })
  for (const path of [`/m/${ids[3]}`, `/m/${ids[7]}`, '/problems/malformed', '/m/1']) {
    const report = await checker.validateString(await (await fetch(`${service.url}${path}`)).text())
    expect(
      report.results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${path} ${ruleId} ${message}`)),
    ).toEqual([])
  }
})
