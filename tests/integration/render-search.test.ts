// Proves that words find messages in every format, narrowed and paged like any feed, and that a store without an index says so.
import { toZBase32 } from '@p2pmsg/protocol'
import { sleep } from '@p2pmsg/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { RenderBench, type RenderService } from '../support/render-bench.ts'

let bench: RenderBench
let service: RenderService
const ada = aKeyPair()
const bob = aKeyPair()
const TIDES = 12

beforeAll(async () => {
  bench = await RenderBench.start({ partitions: 2 })
  await bench.stores.store({ searchLanguage: 'english' })
  service = await bench.renderApi()
  const to = bench.receiver.publicKey
  await bench.accept([
    ...Array.from({ length: TIDES }, (_, i) => aMessage(ada, to, { text: `The tide, entry ${i}` }, 'harbour')),
    aMessage(bob, to, { text: 'Nothing about water' }),
    aMessage(bob, to, { text: 'The last one: low <tides> & high tides' }),
  ])
  // The index follows the feed; from the last message on it has them all.
  while ((await texts('q=last')).length === 0) await sleep(50)
})
afterAll(() => bench[Symbol.asyncDispose]())

type Found = { messages: { text: string; cursor: string }[]; next: string | null }

async function texts(query: string): Promise<string[]> {
  const response = await fetch(`${bench.feedUrl(service)}?${query}`)
  expect(response.status).toBe(200)
  return ((await response.json()) as Found).messages.map(({ text }) => text)
}

describe('words', () => {
  test('are looked for as their language has it, newest first, narrowed by the other filters', async () => {
    expect(await texts('q=TIDE')).toHaveLength(TIDES + 1)
    expect(await texts('q=water+-tide')).toEqual(['Nothing about water'])
    expect(await texts(`q=tides&author=${toZBase32(bob.publicKey)}`)).toEqual([
      'The last one: low <tides> & high tides',
    ])
    expect(await texts('q=tide&topic=harbour&limit=2')).toEqual(['The tide, entry 11', 'The tide, entry 10'])
    expect(await texts('q=absent')).toEqual([])
  })

  test('go on from page to page, each message once', async () => {
    const found: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const url = `${bench.feedUrl(service)}?q=tide&limit=5${cursor === '' ? '' : `&before=${cursor}`}`
      const page = (await (await fetch(url)).json()) as Found
      found.push(...page.messages.map(({ text }) => text))
      cursor = page.next
    }
    expect(found).toHaveLength(TIDES + 1)
    expect(new Set(found).size).toBe(TIDES + 1)
  })

  test('stand in the links of every format, and on the page', async () => {
    const query = '?q=tide&limit=5'
    const url = bench.feedUrl(service)
    const jsonFeed = (await (await fetch(`${url}.json${query}`)).json()) as { items: unknown[]; next_url: string }
    expect(jsonFeed.items).toHaveLength(5)
    expect(new URL(jsonFeed.next_url).searchParams.get('q')).toBe('tide')
    const atom = await (await fetch(`${url}.atom${query}`)).text()
    expect(atom.match(/<entry>/g)).toHaveLength(5)
    expect(atom).toMatch(/rel="next"[^>]*q=tide/)
    const lines = (await (await fetch(`${url}.ndjson?q=tide`)).text()).trim().split('\n')
    expect(lines).toHaveLength(TIDES + 1)
    const page = await (await fetch(`${service.url}/?q=tide`)).text()
    expect(page.match(/<article/g)).toHaveLength(TIDES + 1)
    expect(page).toContain('value="tide"')
  })

  test('in what is still to come cannot be looked for', async () => {
    const response = await fetch(`${bench.feedUrl(service)}/live?q=tide`)
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'malformed' }])
  })
})

test('a store that keeps no words says so: to programs as a problem, to people as a page', async () => {
  await using silent = await RenderBench.start({ partitions: 1 })
  await silent.stores.store({ searchLanguage: undefined })
  const alone = await silent.renderApi()
  await expect.poll(async () => (await fetch(silent.feedUrl(alone))).status).toBe(200)
  const told = await fetch(`${silent.feedUrl(alone)}?q=tide`)
  expect([told.status, await told.json()]).toMatchObject([501, { code: 'search-off', retryable: false }])
  const page = await fetch(`${alone.url}/?q=tide`)
  expect([page.status, page.headers.get('content-type')]).toEqual([501, 'text/html; charset=utf-8'])
  expect((await fetch(`${alone.url}/problems/search-off`)).status).toBe(200)
})
