import { DELETE_TYPE, equalBytes, type Position } from '@p2pmsg/protocol'
import { FeedTail } from '@p2pmsg/runtime'
import { type Entry, expiresMsOf } from '../feed/entry.ts'
import { type Filter, isOpen, passes } from './filter.ts'

/** A message as an event, made once for all who follow the feed. */
export type LiveEvent = Readonly<{ position: Position; entry: Entry; bytes: Buffer }>

/** The newest messages of a feed that are kept for readers who are a little behind. */
const EVENTS_MAX = 1_024
const BYTES_MAX = 1024 * 1024

/** The end of one feed as its readers get it: what most of them want next is put together once. */
export class Tail {
  readonly #tail: FeedTail<LiveEvent>
  /** What the last reader got who stood where most of them stand. */
  #shared: Readonly<{ from: Position; to: Position; bytes: Buffer; untilMs: number }> | undefined

  /** @param position everything up to here is known to be in the store */
  constructor(position: Position) {
    this.#tail = new FeedTail(position, {
      items: EVENTS_MAX,
      bytes: BYTES_MAX,
      bytesOf: ({ bytes }) => bytes.length,
      removalOf,
    })
  }

  get floor(): Position {
    return this.#tail.floor
  }

  get position(): Position {
    return this.#tail.position
  }

  append(events: readonly LiveEvent[], upTo: Position): void {
    this.#tail.append(events, upTo)
  }

  /** @returns what follows behind `from`, which must not be below the floor; empty = nothing that passes @param nowMs Unix milliseconds */
  since(from: Position, filter: Filter, nowMs: number): Buffer {
    const open = isOpen(filter)
    const shared = this.#shared
    if (open && shared?.from === from && shared.to === this.position && nowMs < shared.untilMs) return shared.bytes
    const events = this.#tail.since(from).filter((event) => passes(filter, event.entry, nowMs))
    const bytes = Buffer.concat(events.map((event) => event.bytes))
    if (open) this.#shared = { from, to: this.position, bytes, untilMs: firstExpiry(events) }
    return bytes
  }
}

/** @returns Unix milliseconds */
function firstExpiry(events: readonly LiveEvent[]): number {
  let first = Number.POSITIVE_INFINITY
  for (const { entry } of events) if (entry.message) first = Math.min(first, expiresMsOf(entry.message))
  return first
}

/** What the store removes when this comes: a message of the same author. */
function removalOf({ entry: { message } }: LiveEvent): ((earlier: LiveEvent) => boolean) | undefined {
  const target = message?.content.type === DELETE_TYPE ? message.content.replyTo : undefined
  if (!message || !target) return undefined
  return ({ entry }) =>
    equalBytes(entry.row.id, target) && !!entry.message && equalBytes(entry.message.key, message.key)
}
