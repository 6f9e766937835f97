// Proves what taps promise on the whole cluster with two routers: a listener gets exactly the feed, in its order, while messages
// arrive, through kill −9 of the router that it listens at; one that takes nothing slows nobody and loses nothing.
import { answerOf, type FeedMessage, feedApi, type Heard, Listener, type ListenerOptions, Sender } from '@p2pmsg/client'
import type { Stack } from '@p2pmsg/local'
import { formatAddress, formatCursor, toZBase32 } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aKeyPair } from '../support/messages.ts'
import { aStack, metricOf } from '../support/stack.ts'

/** Of a tap, rows (docs/pipe.md). */
const WINDOW = 256
const PATIENCE_MS = 30_000

let whole: Awaited<ReturnType<typeof aStack>>
let stack: Stack

beforeAll(async () => {
  whole = await aStack({ replicas: { router: 2 } })
  stack = whole.stack
})
afterAll(async () => {
  await whole?.[Symbol.asyncDispose]()
})

/** The feed as readers have it, oldest first. */
async function feedOf(topic?: string): Promise<FeedMessage[]> {
  const api = feedApi(stack.renderUrls[0] ?? '')
  const path = { receiver: toZBase32(stack.secrets.receiverKeys.publicKey) }
  const all: FeedMessage[] = []
  for (let after = formatCursor(0n); ; ) {
    const query = { limit: 200, after, ...(topic !== undefined && { topic }) }
    const page = await answerOf(api.GET('/v1/feeds/{receiver}', { params: { path, query } }))
    all.push(...page.messages)
    if (page.next === null) return all
    after = page.next
  }
}

/** The receiver, by one of its routers. */
const at = (port = 0) =>
  formatAddress({ receiver: stack.secrets.receiverKeys.publicKey, endpoint: { host: '127.0.0.1', port }, topic: '' })

const places = (messages: readonly Pick<Heard, 'id' | 'position' | 'removed'>[]) =>
  messages.map(({ id, position, removed }) => `${position} ${id}${removed ? ' removed' : ''}`)
const ids = (messages: readonly Pick<Heard, 'id'>[]) => messages.map(({ id }) => id)

/** A listener, and somebody who takes what it hears. */
class Listening implements AsyncDisposable {
  readonly heard: Heard[] = []
  readonly #listener: Listener
  #taking: Promise<void> | undefined

  private constructor(listener: Listener) {
    this.#listener = listener
  }

  static async start(options: Partial<ListenerOptions> = {}): Promise<Listening> {
    return new Listening(await Listener.start({ address: stack.receiver, ...options }))
  }

  take(): this {
    this.#taking ??= (async () => {
      for await (const message of this.#listener) this.heard.push(message)
    })()
    return this
  }

  async until(count: number): Promise<void> {
    await expect.poll(() => this.heard.length, { timeout: PATIENCE_MS }).toBeGreaterThanOrEqual(count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener[Symbol.asyncDispose]()
    await this.#taking
  }
}

test('exactly the feed, in its order, while messages arrive and its router is killed; who takes nothing slows nobody', {
  timeout: 4 * PATIENCE_MS,
}, async () => {
  await using sender = await Sender.start({ keys: aKeyPair(), address: stack.receiver, wait: 'stored' })
  const send = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => sender.send({ text: `${i}`, topic: i % 3 === 0 ? 'third' : '' })),
    )
  // given two who listen at the first router, and one at the second, who takes nothing
  const [first] = await send(100)
  await using everything = (await Listening.start()).take()
  await using third = (await Listening.start({ topic: 'third' })).take()
  await using slow = await Listening.start({ address: at(stack.routers[1]?.udpPort) })
  await everything.until(100)
  await expect.poll(() => metricOf(stack.metricsUrls().router ?? '', 'p2pmsg_taps')).toBe(2)

  // when that router is killed in the middle of messages, and comes back when they have gone on without it
  const sending = send(400)
  await everything.until(101)
  await stack.kill('router')
  await sending
  await everything.until(500)
  await stack.restart('router')
  const { id } = await sender.send({
    type: 'p2pmsg/delete',
    replyTo: Buffer.from(first?.id ?? '', 'hex'),
    topic: 'third',
  })
  await everything.until((await feedOf()).length)

  // then they have heard the feed and nothing else, each message once
  const feed = await feedOf()
  expect(feed.length).toBeGreaterThan(WINDOW)
  expect(feed.at(-1)?.id).toBe(id)
  expect(ids(everything.heard)).toEqual(ids(feed))
  const thirds = await feedOf('third')
  await third.until(thirds.length)
  expect(ids(third.heard)).toEqual(ids(thirds))
  expect(thirds.length).toBeLessThan(feed.length / 2)

  // and who took nothing, at the router where the others have gone on, was told, and has missed nothing
  const second = stack.metricsUrls()['router-2'] ?? ''
  await expect.poll(() => metricOf(second, 'p2pmsg_taps_behind_total'), { timeout: PATIENCE_MS }).toBeGreaterThan(0)
  await slow.take().until(feed.length)
  expect(ids(slow.heard)).toEqual(ids(feed))
})

test('who comes later hears what the feed has by then: places of removed messages too, from a position on, by author', async () => {
  const keys = aKeyPair()
  await using sender = await Sender.start({ keys, address: stack.receiver, wait: 'stored' })
  await sender.send({ text: 'by another' })
  const feed = await feedOf()
  expect(feed.some(({ removed }) => removed)).toBe(true)
  await using later = (await Listening.start()).take()
  await later.until(feed.length)
  expect(places(later.heard)).toEqual(places(feed))
  const middle = Math.floor(feed.length / 2)
  await using half = (await Listening.start({ from: BigInt(feed[middle]?.position ?? 0) })).take()
  await half.until(feed.length - middle - 1)
  expect(places(half.heard)).toEqual(places(feed.slice(middle + 1)))
  const thirds = await feedOf('third')
  await using third = (await Listening.start({ topic: 'third' })).take()
  await third.until(thirds.length)
  expect(places(third.heard)).toEqual(places(thirds))
  await using author = (await Listening.start({ author: keys.publicKey })).take()
  await author.until(1)
  expect(author.heard.map(({ text }) => text)).toEqual(['by another'])
})
