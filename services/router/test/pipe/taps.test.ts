import { keyPairFromSeed, type Message, type Position, positionOf, type TapWish } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { AFeed } from '../support/a-feed.ts'
import { AnEdge, at } from '../support/an-edge.ts'
import { Conversation, settle } from '../support/conversation.ts'

/** An edge over a feed of one, and who listens to it. */
class Listening {
  readonly feed = new AFeed()
  readonly edge: AnEdge
  readonly listeners: Conversation[] = []

  constructor(options: Readonly<{ tapsMax?: number; feedsMax?: number }> = {}) {
    this.edge = new AnEdge({ feed: this.feed, unprovedPerSecond: 1_000_000, ...options })
  }

  async tap(wish: Partial<TapWish> = {}): Promise<Conversation> {
    const { publicKey: receiver } = this.edge.receiver
    const listener = new Conversation(this.edge, at(`192.0.2.${this.listeners.length + 1}`))
    this.listeners.push(listener)
    listener.client.tap({ receiver, after: 0n, author: undefined, topic: undefined, ...wish })
    await this.settle()
    return listener
  }

  messages(count: number, topic = ''): Message[] {
    return Array.from({ length: count }, (_, i) => this.edge.message(`${topic} ${i}`, this.edge.receiver, topic))
  }

  /** Blocks of 64, as the log has them. */
  commit(messages: readonly Message[]): void {
    for (let at = 0; at < messages.length; at += 64)
      this.feed.announce(this.feed.commit(...messages.slice(at, at + 64)))
  }

  positions(): Position[] {
    return this.feed.rows.map(({ position }) => position)
  }

  settle(): Promise<void> {
    return settle(this.edge, this.listeners)
  }

  async beat(): Promise<void> {
    this.edge.taps.beat()
    await this.settle()
  }
}

function positionsOf({ rows }: Conversation): Position[] {
  return rows.map(({ position }) => position)
}

test('what was there comes first, then what is announced: each once, in the order of the feed', async () => {
  const here = new Listening()
  here.commit(here.messages(500))
  const listener = await here.tap()
  here.commit(here.messages(100))
  await here.settle()
  here.commit(here.messages(3))
  await here.settle()
  expect(listener.rows).toEqual(here.feed.rows)
  expect(listener.rows.length).toBe(603)
})

test('who comes back is sent what follows its position', async () => {
  const here = new Listening()
  here.commit(here.messages(10))
  const listener = await here.tap({ after: here.positions()[6] as Position })
  here.commit(here.messages(2))
  await here.settle()
  expect(positionsOf(listener)).toEqual(here.positions().slice(7))
})

test('from announcements alone, while none is missed: the store is asked where the feed ends, and no more', async () => {
  const here = new Listening()
  const listener = await here.tap()
  for (let i = 0; i < 5; i++) {
    here.commit(here.messages(2))
    await here.settle()
  }
  expect(positionsOf(listener)).toEqual(here.positions())
  expect(here.feed.asked.length).toBe(1)
})

test('an announcement that was lost shows in the next one, or in the heartbeat', async () => {
  const here = new Listening()
  const listener = await here.tap()
  here.feed.commit(...here.messages(3)) // not announced
  here.feed.heartbeat()
  await here.settle()
  here.feed.commit(...here.messages(3)) // not announced
  here.commit(here.messages(1))
  await here.settle()
  expect(positionsOf(listener)).toEqual(here.positions())
})

test('a filter chooses as the store does, among old and new', async () => {
  const here = new Listening()
  const other = keyPairFromSeed(Buffer.alloc(32, 77))
  const mixed = () => [
    ...here.messages(3, 'news'),
    ...here.messages(2),
    here.edge.message('his', here.edge.receiver, 'news', other),
  ]
  here.commit(mixed())
  const byTopic = await here.tap({ topic: 'news' })
  const without = await here.tap({ topic: '' })
  const byAuthor = await here.tap({ author: other.publicKey })
  const both = await here.tap({ author: here.edge.author.publicKey, topic: 'news' })
  here.commit(mixed())
  await here.settle()
  const slots = (listener: Conversation) => positionsOf(listener).map((position) => Number(position % 256n))
  expect(slots(byTopic)).toEqual([0, 1, 2, 5, 0, 1, 2, 5])
  expect(slots(without)).toEqual([3, 4, 3, 4])
  expect(slots(byAuthor)).toEqual([5, 5])
  expect(slots(both)).toEqual([0, 1, 2, 0, 1, 2])
})

test('a message that was removed keeps its place; what it was about, the store says', async () => {
  const here = new Listening()
  const listener = await here.tap({ topic: 'news' })
  const announcement = here.feed.commit(...here.messages(3, 'news'))
  here.feed.remove(positionOf(1, 1))
  here.feed.announce({ ...announcement, rows: [...here.feed.rows] })
  await here.settle()
  expect(positionsOf(listener)).toEqual(here.positions())
  expect(listener.rows[1]?.message.length).toBe(0)
})

test('what its author removed is sent to nobody who comes later, though it was among the newest rows', async () => {
  const here = new Listening()
  await here.tap()
  const messages = here.messages(4)
  here.commit(messages)
  await here.settle()
  const [, target, another] = messages
  if (!target || !another) throw new Error('there are four')
  const stranger = keyPairFromSeed(Buffer.alloc(32, 78))
  here.feed.remove(here.positions()[1] as Position)
  here.commit([here.edge.removalOf(target), here.edge.removalOf(another, stranger)])
  await here.settle()
  const later = await here.tap()
  expect(positionsOf(later)).toEqual(here.positions())
  expect(later.rows.map(({ message }) => message.length === 0)).toEqual([false, true, false, false, false, false])
})

test('a message that has expired meanwhile is not sent', async () => {
  const here = new Listening()
  const listener = await here.tap()
  listener.keeps = false
  here.commit(here.messages(300)) // more than a window
  await here.settle()
  const expires = Math.floor(here.edge.nowMs / 1000) + 60
  here.commit([here.edge.expiring(expires), ...here.messages(1)])
  await here.settle()
  here.edge.nowMs += 50_000
  listener.pass(1)
  here.edge.nowMs += 9_000
  listener.pass(1)
  here.edge.nowMs += 9_000
  listener.keeps = true
  listener.client.delivered(1, listener.rows.at(-1)?.position ?? 0n)
  await here.settle()
  expect(positionsOf(listener)).toEqual(here.positions().filter((position) => position !== positionOf(6, 0)))
})

test('a listener that keeps nothing is sent a window and told; others go on, and it misses nothing', async () => {
  const here = new Listening()
  const slow = await here.tap()
  slow.keeps = false
  const quick = await here.tap()
  here.commit(here.messages(900)) // more than the tail keeps
  await here.settle()
  expect(positionsOf(quick)).toEqual(here.positions())
  expect(positionsOf(slow)).toEqual(here.positions().slice(0, 256))
  for (let second = 0; second < 4; second++) {
    here.edge.nowMs += 1_000
    await here.beat()
  }
  expect(slow.behind).toEqual(
    [here.feed.rows.at(-1)?.position].map((last) => positionOf(Number((last ?? 0n) / 256n), 255)),
  )
  slow.keeps = true
  slow.client.delivered(1, slow.rows.at(-1)?.position ?? 0n)
  await here.settle()
  await here.beat()
  expect(positionsOf(slow)).toEqual(here.positions())
})

test('while the store does not answer nothing is sent; then it goes on where it was', async () => {
  const here = new Listening()
  here.commit(here.messages(3))
  const listener = await here.tap()
  here.feed.isAway = true
  here.feed.commit(...here.messages(3)) // not announced
  here.commit(here.messages(1))
  await here.settle()
  expect(listener.rows.length).toBe(3)
  here.feed.isAway = false
  await expect
    .poll(async () => {
      await here.settle()
      return positionsOf(listener)
    })
    .toEqual(here.positions())
})

test('a tap that cannot be followed is told why', async () => {
  const here = new Listening({ tapsMax: 1 })
  const receiver = keyPairFromSeed(Buffer.alloc(32, 99)).publicKey
  expect((await here.tap({ receiver })).tapEnds).toEqual(['unknown-receiver'])
  expect((await here.tap({ after: positionOf(2 ** 41, 0) })).tapEnds).toEqual(['malformed']) // of epoch 2
  here.edge.taps.beat() // lets the feed go that nobody taps
  here.feed.isAway = true
  expect((await here.tap()).tapEnds).toEqual(['unavailable'])
  here.feed.isAway = false
  expect((await here.tap()).tapEnds).toEqual([])
  expect((await here.tap()).tapEnds).toEqual(['busy'])
  here.edge.parts.edge.stopTaking()
  expect(here.edge.taps.size.taps).toBe(0)
})

test('taps whose receiver is no longer hosted end; what nobody taps is let go, and no announcement heard', async () => {
  const here = new Listening()
  const listener = await here.tap()
  const other = await here.tap()
  expect(here.edge.taps.size).toEqual({ taps: 2, feeds: 1 })
  other.client.untap(1)
  await here.settle()
  expect(here.edge.taps.size.taps).toBe(1)
  here.edge.receivers.remove(Buffer.from(here.edge.receiver.publicKey).toString('hex'))
  await here.beat()
  expect(listener.tapEnds).toEqual(['unknown-receiver'])
  expect(here.edge.taps.size).toEqual({ taps: 0, feeds: 0 })
  expect(here.feed.isHeard).toBe(false)
})

test('who takes what it is sent may tap and untap as often as it likes', async () => {
  const here = new Listening()
  here.commit(here.messages(100))
  const listener = await here.tap()
  const { publicKey: receiver } = here.edge.receiver
  for (let tap = 1; tap <= 12; tap++) {
    listener.client.untap(tap)
    listener.client.tap({ receiver, after: 0n, author: undefined, topic: undefined })
    await here.settle()
  }
  expect(listener.tapEnds).toEqual([])
  expect(listener.rows.length).toBe(1_300)
})

test('no more feeds are opened than there may be, though all are asked for before the log is known', async () => {
  const here = new Listening({ feedsMax: 2 })
  const others = [91, 92, 93].map((seed) => keyPairFromSeed(Buffer.alloc(32, seed)))
  for (const other of others) here.edge.host(other)
  const taps = await Promise.all([
    here.tap(),
    here.tap(),
    ...others.map(({ publicKey: receiver }) => here.tap({ receiver })),
  ])
  await here.settle()
  expect(taps.map(({ tapEnds }) => tapEnds)).toEqual([[], [], [], ['busy'], ['busy']])
  expect(here.edge.taps.size).toEqual({ taps: 3, feeds: 2 })
})

test('who is stopped while the store is asked begins to hear nothing more', async () => {
  const here = new Listening()
  const tapped = here.tap() // the store is asked how many partitions there are
  here.edge.parts.edge.stopTaking()
  await tapped
  expect(here.edge.taps.size).toEqual({ taps: 0, feeds: 0 })
  expect(here.feed.isHeard).toBe(false)
})

test('a pipe that ends takes its taps with it', async () => {
  const here = new Listening()
  const listener = await here.tap()
  for (const { bytes } of listener.client.close(here.edge.nowMs)) here.edge.receive(bytes, at('192.0.2.1'))
  expect(here.edge.taps.size.taps).toBe(0)
})
