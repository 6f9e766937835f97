import type { ServerResponse } from 'node:http'
import { type Announcement, equalBytes, type Position, partitionOf, toHex } from '@p2pmsg/protocol'
import { FeedChannel, gauge, HeardCommit, type Logger } from '@p2pmsg/runtime'
import type { Names } from '../feed/names.ts'
import type { Heads } from '../follow/heads.ts'
import { ProblemError } from '../problem.ts'
import type { Receivers } from '../receivers.ts'
import type { Reader } from '../store-reader.ts'
import { type Encode, encoder, eventsAfter } from './encode.ts'
import type { Filter } from './filter.ts'
import { Follower } from './follower.ts'
import { type LiveEvent, Tail } from './tail.ts'

/** Readers of live feeds in one process. */
export const FOLLOWERS_MAX = 20_000
/** Feeds that are followed live in one process. */
const CHANNELS_MAX = 2_000
/** Below the 15 s after which proxies begin to think that a line is dead, milliseconds. */
export const BEAT_MS = 10_000

export type HubOptions = Readonly<{
  reader: Pick<Reader, 'feed'>
  names: Pick<Names, 'of'>
  heads: Pick<Heads, 'partitions'>
  receivers: Pick<Receivers, 'get'>
  log: Logger
  /** Unix milliseconds. */
  now: () => number
}>

type Followed = Readonly<{
  receiver: Uint8Array
  partition: number
  channel: FeedChannel<LiveEvent, Tail>
  encode: Encode
  followers: Set<Follower>
}> & { holds: number }
export type Follow = Readonly<{ filter: Filter; receiver: Uint8Array; origin: string; from: Position | undefined }>

/** All live readers of this process. Announcements come in once, however many there are. */
export class LiveHub implements AsyncDisposable {
  readonly #options: HubOptions
  readonly #feeds = new Map<string, Followed>() // bounded by CHANNELS_MAX
  readonly #timer: NodeJS.Timeout
  #followers = 0
  #draining = false

  constructor(options: HubOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#beat(), BEAT_MS)
    gauge('render_live_readers', 'Readers that follow a feed live', () => this.#followers)
    gauge('render_live_feeds', 'Feeds that are followed live', () => this.#feeds.size)
  }

  heard(partition: number, announcement: Announcement): void {
    const commit = new HeardCommit(announcement)
    for (const feed of this.#feeds.values()) if (feed.partition === partition) feed.channel.heard(commit)
  }

  /**
   * Lets a reader follow a feed until it goes away.
   * @param begin called once nothing can go wrong any more: sends the head and hands out what events are written to
   * @throws {ProblemError} `busy`, `unavailable` @throws {BusUnavailable} the store does not say where the feed ends
   */
  async follow(follow: Follow, begin: () => ServerResponse): Promise<void> {
    const { partitions } = this.#options.heads
    if (this.#draining || partitions === undefined) {
      throw new ProblemError('unavailable', 'Live feeds are not available at this moment.')
    }
    const key = `${toHex(follow.receiver)} ${follow.origin}`
    if (this.#followers >= FOLLOWERS_MAX || (this.#feeds.size >= CHANNELS_MAX && !this.#feeds.has(key))) {
      throw new ProblemError('busy', 'This process has as many live readers as it can take.')
    }
    const feed = this.#feeds.get(key) ?? this.#newFeed(key, follow, partitions)
    feed.holds++
    try {
      this.#begin(feed, follow, await feed.channel.open(), begin())
    } finally {
      feed.holds--
    }
  }

  #newFeed(key: string, { receiver, origin }: Follow, partitions: number): Followed {
    const { reader, names, log, now } = this.#options
    const encode = encoder(names, receiver, origin, now)
    const followers = new Set<Follower>()
    const onGrown = () => {
      for (const follower of followers) follower.advance()
    }
    const channel = new FeedChannel<LiveEvent, Tail>({
      receiver,
      feed: (question) => reader.feed(question),
      itemsOf: encode,
      tailAt: (position) => new Tail(position),
      log,
      onGrown,
    })
    const feed = { receiver, partition: partitionOf(receiver, partitions), channel, encode, followers, holds: 0 }
    this.#feeds.set(key, feed)
    return feed
  }

  #begin(feed: Followed, { filter, receiver, from }: Follow, tail: Tail, response: ServerResponse): void {
    if (response.destroyed) return // it went away while the store was asked: its 'close' has been
    const { reader, now } = this.#options
    const source = { reader, encode: feed.encode }
    const follower = new Follower({
      response,
      tail,
      filter,
      from,
      now,
      backfill: (after) => eventsAfter(source, { receiver, after, ...filter }),
    })
    feed.followers.add(follower)
    this.#followers++
    response.on('close', () => {
      if (feed.followers.delete(follower)) this.#followers--
    })
  }

  /** A feed is no longer hosted here: whoever follows it is told so at once. */
  gone(receiver: Uint8Array): void {
    for (const feed of this.#feeds.values()) {
      if (!equalBytes(feed.receiver, receiver)) continue
      for (const follower of feed.followers) follower.end('gone')
    }
  }

  /** Heartbeats, and an end for feeds that are no longer read. */
  #beat(): void {
    for (const [key, feed] of this.#feeds) {
      for (const follower of feed.followers) follower.beat()
      if (feed.followers.size > 0 || feed.holds > 0) continue
      this.#feeds.delete(key)
      void feed.channel[Symbol.asyncDispose]()
    }
  }

  /** Sends every reader on to another replica, with the cursor to go on from. */
  drain(): void {
    this.#draining = true
    for (const { followers } of this.#feeds.values()) for (const follower of followers) follower.end('drain')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drain()
    clearInterval(this.#timer)
    await Promise.all([...this.#feeds.values()].map(({ channel }) => channel[Symbol.asyncDispose]()))
    this.#feeds.clear()
  }
}
