import { type KademliaNode, type Outgoing, toHex, type Written } from '@p2pmsg/protocol'
import { recordPublished } from '../events.ts'
import type { Hosted, Receivers } from '../receivers.ts'

/** One record is published for the first time in this time, milliseconds: each costs a lookup and some twenty queries. */
const PACE_MS = 500

export type RecordPublisherParts = Readonly<{
  node: KademliaNode
  receivers: Receivers
  now: () => number
  send: (outgoing: readonly Outgoing[]) => void
}>

/**
 * Keeps the records of hosted receivers in the DHT, as their owners signed them: first one after the other, then each by itself
 * every hour. A receiver that goes, or whose record has expired, is published no longer.
 */
export class RecordPublisher implements Disposable {
  readonly #parts: RecordPublisherParts
  /** Not yet published, by target in hex. */
  readonly #waiting = new Map<string, Hosted>() // BOUNDED by the hosted receivers
  readonly #timer: NodeJS.Timeout
  readonly #unfollow: () => void

  constructor(parts: RecordPublisherParts) {
    this.#parts = parts
    this.#unfollow = parts.receivers.follow({
      hosted: (receiver) => void this.#waiting.set(toHex(receiver.target), receiver),
      gone: (target) => this.#withdraw(target),
    })
    this.#timer = setInterval(() => this.#step(), PACE_MS)
  }

  #step(): void {
    const { node, now, send } = this.#parts
    const [first] = this.#waiting
    if (!first || node.size === 0) return
    const [key, { entry, target }] = first
    this.#waiting.delete(key)
    const onWritten = ({ stored }: Written) => {
      recordPublished(stored > 0 ? 'stored' : 'nowhere')
      if (isExpired(entry, now())) node.operations.withdraw(target)
    }
    if (isExpired(entry, now())) return recordPublished('expired')
    try {
      send(node.operations.publish(entry.item, now(), onWritten))
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown
      recordPublished('too-many')
    }
  }

  #withdraw(target: Uint8Array): void {
    this.#waiting.delete(toHex(target))
    this.#parts.node.operations.withdraw(target)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#unfollow()
  }
}

function isExpired({ record }: Hosted['entry'], nowMs: number): boolean {
  return record.expires * 1000 <= nowMs
}
