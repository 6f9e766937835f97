import { type Announcement, identify, type Position, partitionOf, toHex } from '@p2pmsg/protocol'

/** A partition that says nothing for this long is not followed any more, milliseconds: its heartbeat comes each second. */
const SILENCE_MS_MAX = 3_000
/** Feeds of which the last change is known one by one; the rest share their partition's. */
const FEEDS_MAX = 10_000

type Head = {
  /** Everything up to here was announced without a gap. */
  last: Position
  /** Behind this, any feed of the partition may have changed without our knowing which. */
  unknownAt: Position
  heardMs: number
}

/** What the announcements tell about feeds: above all, that nothing has happened to one since a page of it was made. */
export class Heads {
  readonly #now: () => number
  readonly #heads = new Map<number, Head>() // bounded by PARTITIONS_MAX
  readonly #changes = new Map<string, Position>() // bounded by FEEDS_MAX
  #partitions: number | undefined
  /** A hash for each hot page would be its dearest part; keys live as long as their receivers' entries. */
  readonly #feeds = new WeakMap<Uint8Array, Readonly<{ partition: number; hex: string }>>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Until the number of partitions is known, nothing is known about any feed. */
  setPartitions(partitions: number): void {
    this.#partitions = partitions
  }

  get partitions(): number | undefined {
    return this.#partitions
  }

  heard(partition: number, announcement: Announcement): void {
    const { prev, last, rows } = announcement
    const before = this.#heads.get(partition)
    const head = before ?? { last, unknownAt: last, heardMs: 0 }
    this.#heads.set(partition, head)
    head.heardMs = this.#now()
    if (last <= head.last) return
    if (prev > head.last || !rows || !this.#note(rows)) head.unknownAt = last
    head.last = last
  }

  /** @returns false where a row does not tell whose feed it is in, or there are too many feeds */
  #note(rows: NonNullable<Announcement['rows']>): boolean {
    for (const { dialect, receivedMs, message, position } of rows) {
      const identity = identify({ dialect, receivedMs, bytes: message })
      if (!identity) return false
      const receiver = toHex(identity.receiver)
      if (this.#changes.size >= FEEDS_MAX && !this.#changes.has(receiver)) return false
      this.#changes.set(receiver, position)
    }
    return true
  }

  /** Whether nothing was committed to a feed behind `applied`, for all that can be known without asking. */
  unchanged(receiver: Uint8Array, applied: Position): boolean {
    if (this.#partitions === undefined) return false
    let feed = this.#feeds.get(receiver)
    if (!feed) {
      feed = { partition: partitionOf(receiver, this.#partitions), hex: toHex(receiver) }
      this.#feeds.set(receiver, feed)
    }
    const head = this.#heads.get(feed.partition)
    if (!head || this.#now() - head.heardMs > SILENCE_MS_MAX || head.unknownAt > applied) return false
    return (this.#changes.get(feed.hex) ?? 0n) <= applied
  }
}
