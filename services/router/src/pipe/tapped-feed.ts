import { type Position, toHex } from '@p2pmsg/protocol'
import { type AskFeed, FeedChannel, FeedTail, type HeardCommit, type Logger } from '@p2pmsg/runtime'
import type { TapFollower } from './tap-follower.ts'
import { removalOf, type TapItem, type TapTail, tapItemBytes, tapItemsOf } from './tap-item.ts'

/** The newest rows of a feed that are kept for taps that are a little behind. */
const TAIL = { items: 512, bytes: 256 * 1024, bytesOf: tapItemBytes, removalOf }

/** A feed that somebody taps: its tail, kept once for all of them. */
export class TappedFeed implements AsyncDisposable {
  readonly receiver: Uint8Array
  readonly partition: number
  readonly followers = new Set<TapFollower>() // BOUNDED by the router's taps
  readonly #channel: FeedChannel<TapItem, TapTail>
  /** Taps that wait for it to open. */
  holds = 0

  constructor(receiver: Uint8Array, partition: number, parts: { feed: AskFeed; log: Logger; onTold: () => void }) {
    this.receiver = receiver
    this.partition = partition
    this.#channel = new FeedChannel<TapItem, TapTail>({
      receiver,
      feed: parts.feed,
      itemsOf: tapItemsOf,
      tailAt: (position: Position) => new FeedTail(position, TAIL),
      log: parts.log,
      onGrown: () => {
        for (const follower of this.followers) follower.advance()
        parts.onTold()
      },
    })
  }

  get key(): string {
    return toHex(this.receiver)
  }

  get isUsed(): boolean {
    return this.holds > 0 || this.followers.size > 0
  }

  /** @throws {BusUnavailable} the store does not say where the feed ends */
  open(): Promise<TapTail> {
    return this.#channel.open()
  }

  heard(commit: HeardCommit): void {
    this.#channel.heard(commit)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#channel[Symbol.asyncDispose]()
  }
}
