// Proves the promise to readers: whatever way they come, leave and come back, while messages arrive, are removed and services
// restart, each message reaches them once, in one order.
import { formatCursor } from '@p2pmsg/protocol'
import type { Service } from '@p2pmsg/runtime'
import { sleep } from '@p2pmsg/runtime'
import { array, assert, asyncProperty, constant, constantFrom, integer, oneof, record } from 'fast-check'
import { parseAtomFeed, parseJsonFeed } from 'feedsmith'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { RenderBench, type RenderService } from '../support/render-bench.ts'
import { SseReader } from '../support/sse-reader.ts'

let bench: RenderBench
let store: Service
let services: RenderService[]

beforeAll(async () => {
  bench = await RenderBench.start({ partitions: 2 })
  store = await bench.stores.store()
  services = [await bench.renderApi(), await bench.renderApi()]
})
afterAll(() => bench[Symbol.asyncDispose]())

/** What happens to a feed, one after the other. */
type Step =
  | Readonly<{ do: 'accept'; count: number }>
  | Readonly<{ do: 'remove'; which: number }>
  | Readonly<{ do: 'restart'; what: 'store' | 'render-api' }>
  | Readonly<{ do: 'pause'; ms: number }>

const aStep = oneof(
  { weight: 6, arbitrary: record({ do: constant('accept' as const), count: integer({ min: 1, max: 70 }) }) },
  { weight: 3, arbitrary: record({ do: constant('remove' as const), which: integer({ min: 0, max: 9999 }) }) },
  {
    weight: 1,
    arbitrary: record({
      do: constant('restart' as const),
      what: constantFrom('store' as const, 'render-api' as const),
    }),
  },
  { weight: 2, arbitrary: record({ do: constant('pause' as const), ms: integer({ min: 1, max: 60 }) }) },
)

/** How a reader behaves: for how many messages it stays, and which replica it asks next. */
const aHabit = array(record({ stay: integer({ min: 1, max: 40 }), limit: integer({ min: 1, max: 60 }) }), {
  minLength: 1,
  maxLength: 6,
})
type Habit = readonly Readonly<{ stay: number; limit: number }>[]

const namedId = (id: string) => `ni:///sha-256;${Buffer.from(id, 'hex').toString('base64url')}`

test('each message once, in one order, in every format', { timeout: 240_000 }, async () => {
  const schedule = asyncProperty(
    array(aStep, { minLength: 4, maxLength: 12 }),
    aHabit,
    aHabit,
    async (steps, live, pages) => {
      const receiver = await bench.host(aKeyPair())
      const finished = new AbortController()
      const following = followed(receiver, live, finished.signal)
      const paging = paged(receiver, pages, finished.signal)
      const ids = await happen(receiver, [...steps, { do: 'accept', count: 1 }])
      finished.abort(ids.at(-1))
      expect(await following).toEqual(ids)
      expect(await paging).toEqual(ids)
      expect(await linked(receiver, '.json')).toEqual(ids.toReversed().map(namedId))
      expect(await linked(receiver, '.atom')).toEqual(ids.toReversed().map(namedId))
      expect(await archived(receiver)).toEqual(ids.toReversed().map(namedId))
    },
  )
  await assert(schedule, { numRuns: 4 })
})

type KeyPair = ReturnType<typeof aKeyPair>

async function happen(receiver: KeyPair, steps: readonly Step[]): Promise<string[]> {
  const author = aKeyPair()
  const ids: string[] = []
  for (const step of steps) {
    if (step.do === 'accept') {
      const texts = Array.from({ length: step.count }, (_, i) => ({ text: `message ${ids.length + i}` }))
      ids.push(...(await bench.accept(texts.map((draft) => aMessage(author, receiver.publicKey, draft)))))
    } else if (step.do === 'remove' && ids.length > 0) {
      const replyTo = Buffer.from(ids[step.which % ids.length] ?? '', 'hex')
      ids.push(...(await bench.accept([aMessage(author, receiver.publicKey, { type: 'p2pmsg/delete', replyTo })])))
    } else if (step.do === 'restart' && step.what === 'store') {
      await store.drain()
      await store[Symbol.asyncDispose]()
      store = await bench.stores.store()
    } else if (step.do === 'restart') {
      const [oldest, sibling] = services
      if (!oldest || !sibling) throw new Error('there are two')
      services = [sibling, await bench.renderApi()]
      await oldest.drain()
      await oldest[Symbol.asyncDispose]()
    } else if (step.do === 'pause') await sleep(step.ms)
  }
  return ids
}

/** Ids as a live reader gets them who leaves again and again, comes back by header or query, and to either replica. */
async function followed(receiver: KeyPair, habit: Habit, finished: AbortSignal): Promise<string[]> {
  const seen: string[] = []
  let cursor = formatCursor(0n)
  for (let visit = 0; !finished.aborted || seen.at(-1) !== finished.reason; visit++) {
    const service = services[visit % 2]
    const { stay } = habit[visit % habit.length] ?? { stay: 1 }
    const url = service && `${bench.feedUrl(service, receiver)}/live`
    const byHeader = visit % 3 === 0
    const opened = byHeader
      ? SseReader.open(url ?? '', { 'last-event-id': cursor })
      : SseReader.open(`${url}?cursor=${cursor}`)
    const reader = await opened.catch(() => undefined) // a replica that just began or ends
    if (!reader) {
      await sleep(20)
      continue
    }
    const last = (it: SseReader) => finished.aborted && it.messages.at(-1)?.id === finished.reason
    const left = sleep(1_000).then(() => reader[Symbol.asyncDispose]()) // the last message may come while nobody looks
    await reader.until((it) => it.messages.length >= stay || last(it))
    await reader[Symbol.asyncDispose]()
    void left
    seen.push(...reader.messages.map(({ id }) => id))
    cursor = reader.lastEventId ?? cursor
  }
  return seen
}

/** Ids as a program gets them that asks for what is newer, page by page. */
async function paged(receiver: KeyPair, habit: Habit, finished: AbortSignal): Promise<string[]> {
  const seen: string[] = []
  let cursor = formatCursor(0n)
  for (let visit = 0; !finished.aborted || seen.at(-1) !== finished.reason; visit++) {
    const service = services[visit % 2]
    const { limit } = habit[visit % habit.length] ?? { limit: 1 }
    const url = service && `${bench.feedUrl(service, receiver)}?after=${cursor}&limit=${limit}`
    const response = await fetch(url ?? '').catch(() => undefined)
    if (response?.status !== 200) await sleep(20)
    else {
      const page = (await response.json()) as { messages: { id: string }[]; next: string | null; resume: string }
      seen.push(...page.messages.map(({ id }) => id))
      cursor = page.next ?? page.resume
      if (page.messages.length === 0) await sleep(5)
    }
  }
  return seen
}

/** Ids as a feed reader finds them that knows archives: what the feed has beyond them, then each of them. */
async function archived(receiver: KeyPair): Promise<(string | undefined)[]> {
  const [service] = services
  const found: (string | undefined)[] = []
  for (let at = service && `${bench.feedUrl(service, receiver)}.atom`; at; ) {
    const feed = parseAtomFeed(await (await fetch(at)).text())
    const entries = (feed.entries ?? []).map(({ id }) => id)
    const overlap = entries.findIndex((id) => found.at(-1) === id) + 1
    found.push(...entries.slice(overlap))
    at = feed.links?.find(({ rel }) => rel === 'prev-archive')?.href
  }
  return found
}

/** Ids as a feed reader finds them by the links in the documents, the newest first. */
async function linked(receiver: KeyPair, suffix: '.json' | '.atom'): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = []
  const [service] = services
  for (let next = service && `${bench.feedUrl(service, receiver)}${suffix}?limit=37`; next; ) {
    const text = await (await fetch(next)).text()
    if (suffix === '.json') {
      const feed = parseJsonFeed(text)
      found.push(...(feed.items ?? []).map(({ id }) => id))
      next = feed.next_url
    } else {
      const feed = parseAtomFeed(text)
      found.push(...(feed.entries ?? []).map(({ id }) => id))
      next = feed.links?.find(({ rel }) => rel === 'next')?.href
    }
  }
  return found
}
