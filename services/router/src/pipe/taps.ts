import {
  type Announcement,
  epochOf,
  type Position,
  partitionOf,
  type RefusalCode,
  type ServerPipe,
  streamSeqOf,
  type Tap,
  toHex,
} from '@p2pmsg/protocol'
import { type AskFeed, BusUnavailable, HeardCommit, type Logger, Turns } from '@p2pmsg/runtime'
import { tapEnded } from '../events.ts'
import type { Receivers } from '../receivers.ts'
import { TapFollower } from './tap-follower.ts'
import type { TapTail } from './tap-item.ts'
import { TappedFeed } from './tapped-feed.ts'

/** Taps of one router; one network (/24, /56) has at most a quarter of them. */
const TAPS_MAX = 4_096
const TAPS_PER_PREFIX_MAX = TAPS_MAX / 4
/** Feeds that are tapped at one router; each keeps its newest rows. */
const FEEDS_MAX = 512
/** Pages of the store that are asked for at once, and so held. */
const PAGES_AT_ONCE = 16

export type TapsOptions = Readonly<{
  receivers: Pick<Receivers, 'find'>
  feed: AskFeed
  /** How many the log has. @throws {BusUnavailable} */
  partitions: () => Promise<number>
  /** Begins to hear announcements of the partitions that `wants` names. @returns how to stop */
  listen: (
    wants: (partition: number) => boolean,
    onAnnouncement: (partition: number, announcement: Announcement) => void,
  ) => () => void
  log: Logger
  /** Unix milliseconds. */
  now: () => number
  /** Pipes were told something outside of a call of their machine's: flush them. */
  onTold: () => void
  tapsMax?: number
  feedsMax?: number
}>

type OpenTap = { follower: TapFollower | undefined; feed: TappedFeed | undefined }

/** All taps of this router. Announcements come in once, however many taps there are, and only while there is one. */
export class Taps implements AsyncDisposable {
  readonly #options: TapsOptions
  readonly #turns: Turns
  readonly #tapsMax: number
  readonly #feedsMax: number
  readonly #pipes = new Map<ServerPipe, Map<number, OpenTap>>() // BOUNDED by #tapsMax
  readonly #prefixes = new Map<number | string, number>() // BOUNDED by #tapsMax
  readonly #feeds = new Map<string, TappedFeed>() // BOUNDED by #feedsMax
  #size = 0
  #partitions: number | undefined
  #stopListening: (() => void) | undefined
  #taking = true

  constructor(options: TapsOptions) {
    this.#options = options
    this.#tapsMax = options.tapsMax ?? TAPS_MAX
    this.#feedsMax = options.feedsMax ?? FEEDS_MAX
    this.#turns = new Turns(PAGES_AT_ONCE, this.#tapsMax)
  }

  get size(): Readonly<{ taps: number; feeds: number }> {
    return { taps: this.#size, feeds: this.#feeds.size }
  }

  /** A client wants to be sent a feed; it is told so where that cannot be. */
  open(pipe: ServerPipe, tap: Tap): void {
    const refusal = this.#refusalOf(pipe, tap)
    if (refusal) return endTap(pipe, tap.tap, refusal)
    const open: OpenTap = { follower: undefined, feed: undefined }
    const ofPipe = this.#pipes.get(pipe) ?? new Map<number, OpenTap>()
    this.#pipes.set(pipe, ofPipe.set(tap.tap, open))
    this.#prefixes.set(pipe.prefix, (this.#prefixes.get(pipe.prefix) ?? 0) + 1)
    this.#size++
    void this.#begin(pipe, tap, open)
  }

  /** The client wants no more of it. */
  close(pipe: ServerPipe, tap: number): void {
    const ofPipe = this.#pipes.get(pipe)
    const open = ofPipe?.get(tap)
    if (!ofPipe || !open) return
    ofPipe.delete(tap)
    if (ofPipe.size === 0) this.#pipes.delete(pipe)
    const left = (this.#prefixes.get(pipe.prefix) ?? 1) - 1
    if (left > 0) this.#prefixes.set(pipe.prefix, left)
    else this.#prefixes.delete(pipe.prefix)
    this.#size--
    open.follower?.end()
    if (open.follower) open.feed?.followers.delete(open.follower)
  }

  /** The client keeps what it was sent, and there is room for more. */
  room(pipe: ServerPipe, tap: number): void {
    this.#pipes.get(pipe)?.get(tap)?.follower?.advance()
  }

  /** Nothing more goes into this pipe. */
  closed(pipe: ServerPipe): void {
    for (const tap of this.#pipes.get(pipe)?.keys() ?? []) this.close(pipe, tap)
  }

  /** Called once a second: who is behind is told, the store is asked again, what nobody taps is let go. */
  beat(): void {
    const { receivers, onTold } = this.#options
    for (const [pipe, taps] of this.#pipes) {
      for (const [tap, { feed, follower }] of taps) {
        if (!feed || receivers.find(feed.receiver)) follower?.advance(false)
        else this.#refuse(pipe, tap, 'unknown-receiver')
      }
    }
    for (const [key, feed] of this.#feeds) {
      if (feed.isUsed) continue
      this.#feeds.delete(key)
      void feed[Symbol.asyncDispose]()
    }
    if (this.#feeds.size === 0) this.#stopListening?.()
    if (this.#feeds.size === 0) this.#stopListening = undefined
    if (this.#size > 0) onTold()
  }

  /** Clients have been told to go elsewhere: nothing more is sent. */
  stop(): void {
    this.#taking = false
    for (const pipe of this.#pipes.keys()) this.closed(pipe)
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await Promise.all([...this.#feeds.values()].map((feed) => feed[Symbol.asyncDispose]()))
    this.#feeds.clear()
  }

  #refusalOf({ prefix }: ServerPipe, { receiver }: Tap): RefusalCode | undefined {
    if (!this.#taking) return 'unavailable'
    if (!this.#options.receivers.find(receiver)) return 'unknown-receiver'
    if (this.#size >= this.#tapsMax || (this.#prefixes.get(prefix) ?? 0) >= TAPS_PER_PREFIX_MAX) return 'busy'
    return this.#isFullFor(receiver) ? 'busy' : undefined
  }

  #isFullFor(receiver: Uint8Array): boolean {
    return this.#feeds.size >= this.#feedsMax && !this.#feeds.has(toHex(receiver))
  }

  async #begin(pipe: ServerPipe, tap: Tap, open: OpenTap): Promise<void> {
    const { feed: ask, now, onTold } = this.#options
    const tail = await this.#openFeed(tap, open).catch((): RefusalCode => 'unavailable')
    const isOpen = this.#pipes.get(pipe)?.get(tap.tap) === open
    if (!isOpen) return
    if (typeof tail === 'string') this.#refuse(pipe, tap.tap, tail)
    else if (isOfLaterLog(tap.after, tail.position)) this.#refuse(pipe, tap.tap, 'malformed')
    else {
      open.follower = new TapFollower({ pipe, tap, tail, feed: ask, turns: this.#turns, now, onTold })
      open.feed?.followers.add(open.follower)
      open.follower.advance()
    }
    onTold()
  }

  /** @throws {BusUnavailable} */
  async #openFeed({ receiver }: Tap, open: OpenTap): Promise<TapTail | RefusalCode> {
    const { partitions: ask, listen } = this.#options
    this.#partitions ??= await ask()
    if (!this.#taking) throw new BusUnavailable('stopped while the store was asked')
    if (this.#isFullFor(receiver)) return 'busy' // others were opened while the store was asked
    const feed = this.#feedOf(receiver, this.#partitions)
    open.feed = feed
    this.#stopListening ??= listen(
      (partition) => this.#isTapped(partition),
      (partition, announcement) => this.#heard(partition, announcement),
    )
    feed.holds++
    try {
      return await feed.open()
    } finally {
      feed.holds--
    }
  }

  #feedOf(receiver: Uint8Array, partitions: number): TappedFeed {
    const key = toHex(receiver)
    const known = this.#feeds.get(key)
    if (known) return known
    const feed = new TappedFeed(receiver, partitionOf(receiver, partitions), this.#options)
    this.#feeds.set(key, feed)
    return feed
  }

  #isTapped(partition: number): boolean {
    for (const feed of this.#feeds.values()) if (feed.partition === partition) return true
    return false
  }

  #heard(partition: number, announcement: Announcement): void {
    const commit = new HeardCommit(announcement)
    for (const feed of this.#feeds.values()) if (feed.partition === partition) feed.heard(commit)
  }

  #refuse(pipe: ServerPipe, tap: number, code: RefusalCode): void {
    this.close(pipe, tap)
    endTap(pipe, tap, code)
  }
}

function endTap(pipe: ServerPipe, tap: number, code: RefusalCode): void {
  tapEnded(code)
  pipe.endTap(tap, code)
}

/** A position of a later epoch than the log has reached comes from another cluster. */
function isOfLaterLog(position: Position, log: Position): boolean {
  return epochOf(streamSeqOf(position)) > epochOf(streamSeqOf(log))
}
