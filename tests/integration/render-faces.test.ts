// Proves that the five formats of a feed say the same, in the same order, and that others' programs read them.

import { encodeMessage, fromBase64Url, messageId, parseMessage, toHex } from '@p2pmsg/protocol'
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

beforeAll(async () => {
  bench = await RenderBench.start()
  await bench.stores.store()
  service = await bench.renderApi()
  const [ada, bob] = [aKeyPair(), aKeyPair()]
  const to = bench.receiver.publicKey
  const many = Array.from({ length: 300 }, (_, i) =>
    aMessage(i % 3 ? ada : bob, to, { text: `<${i}> & "so" on 😀` }, i % 5 ? '' : 'fives'),
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
  expect(all.filter(({ removed }) => removed).map(({ id }) => id)).toEqual([ids[7]])
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
