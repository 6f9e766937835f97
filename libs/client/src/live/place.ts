import { isMessage } from '../api/as-described.ts'
import { HttpFailure } from '../failures.ts'
import { members } from '../http/bounded-fetch.ts'
import type { StreamEvent } from './event-stream.ts'
import type { FollowEvent } from './follow-feed.ts'

/** Where a follower stands in a feed, and what the next event means to one who stands there. */
export class Place {
  #cursor: string | undefined
  #position = -1n

  constructor(cursor: string | undefined) {
    this.#cursor = cursor
  }

  /** What to come back with. */
  get cursor(): string | undefined {
    return this.#cursor
  }

  /** @returns undefined: nothing that anybody needs to know @throws {HttpFailure} `not-as-described` */
  meaningOf({ id, name, data }: StreamEvent): FollowEvent | undefined {
    if (data === undefined) return this.#opened(id)
    const cursor = id ?? this.#cursor
    switch (name) {
      case 'message':
        return this.#messageIn(data)
      case 'gap':
        return this.#gapIn(data)
      case 'slow':
      case 'drain':
        if (cursor === undefined) throw new HttpFailure(`\`${name}\` without an id`, 'not-as-described')
        this.#cursor = cursor
        return { kind: name, cursor }
      case 'gone':
        return { kind: 'gone', cursor }
      default:
        return undefined // of a later release
    }
  }

  /** An id without an event begins each stream. */
  #opened(id: string | undefined): FollowEvent | undefined {
    if (id === undefined) return undefined
    this.#cursor = id
    return { kind: 'following', cursor: id }
  }

  #messageIn(data: string): FollowEvent | undefined {
    const message = jsonOf(data)
    if (!isMessage(message)) throw new HttpFailure('an event is not a message as a feed sends it', 'not-as-described')
    const { cursor } = message
    const position = BigInt(message.position)
    if (position <= this.#position) return undefined // whoever sent it twice, it is shown once
    this.#position = position
    this.#cursor = cursor
    return { kind: 'message', message, cursor }
  }

  #gapIn(data: string): FollowEvent {
    const { oldest } = members(jsonOf(data))
    if (typeof oldest !== 'string') throw new HttpFailure('`gap` without its cursor', 'not-as-described')
    this.#cursor = oldest
    this.#position = -1n
    return { kind: 'gap', cursor: oldest }
  }
}

function jsonOf(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
