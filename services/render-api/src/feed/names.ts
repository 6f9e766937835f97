import { type Announcement, type Position, PROFILE_TYPE, partitionOf, readMessage, toHex } from '@p2pmsg/protocol'
import type { Heads } from '../follow/heads.ts'
import type { Reader } from '../store-reader.ts'

/** Names kept at most; the least recently used goes first. */
const NAMES_MAX = 20_000
/** A name that a lost announcement could have changed is asked for again after this, milliseconds. */
const NAME_MS_MAX = 60_000
/** The same where the feed's partition had a commit too large to be told row by row: a page is not kept for longer either. */
const UNTOLD_MS_MAX = 5_000
/** Questions about authors at once, for one page. */
const AT_ONCE_MAX = 8

type Known = {
  /** Undefined until the store has said what is true behind `changed`. */
  name: string | undefined
  askedMs: number
  /** Everything that was committed up to here was known to who answered. */
  applied: Position
  /** Where its owner last wrote a profile, for all that was heard here. */
  changed: Position
}

/** What authors call themselves in a feed, asked once and then remembered until they say otherwise. */
export class Names {
  readonly #reader: Pick<Reader, 'author'>
  readonly #now: () => number
  readonly #heads: Pick<Heads, 'partitions'>
  readonly #known = new Map<string, Known>() // bounded by NAMES_MAX
  /** The last commit whose rows were not told, by partition. */
  readonly #untold = new Map<number, Position>() // bounded by PARTITIONS_MAX

  constructor(reader: Pick<Reader, 'author'>, heads: Pick<Heads, 'partitions'>, now: () => number) {
    this.#reader = reader
    this.#heads = heads
    this.#now = now
  }

  /** @returns names by key in hex; an author without a name, or about whom the store does not answer, is left out */
  async of(receiver: Uint8Array, authors: readonly Uint8Array[]): Promise<Map<string, string>> {
    const names = new Map<string, string>()
    const unknown = new Map<string, Uint8Array>()
    const untold = this.#untoldIn(receiver)
    for (const author of authors) {
      const known = this.#recall(receiver, author, untold)
      if (known === undefined) unknown.set(toHex(author), author)
      else if (known !== '') names.set(toHex(author), known)
    }
    const queue = [...unknown]
    const worker = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        const name = await this.#ask(receiver, next[1])
        if (name !== '') names.set(next[0], name)
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE_MAX, queue.length) }, worker))
    return names
  }

  /** Whoever has just written a profile is asked for anew. */
  heard(partition: number, { last, rows }: Announcement): void {
    if (!rows) this.#untold.set(partition, last)
    for (const { dialect, receivedMs, message, position } of rows ?? []) {
      if (!Buffer.from(message.buffer, message.byteOffset, message.length).includes(PROFILE_TYPE)) continue
      const read = readMessage({ dialect, receivedMs, bytes: message })
      if (!read.ok || !read.value.content.profile) continue
      const known = this.#known.get(keyOf(read.value.receiver, read.value.key))
      if (!known || position <= known.changed) continue
      known.name = undefined
      known.changed = position
    }
  }

  #untoldIn(receiver: Uint8Array): Position {
    const { partitions } = this.#heads
    if (partitions === undefined || this.#untold.size === 0) return 0n
    return this.#untold.get(partitionOf(receiver, partitions)) ?? 0n
  }

  #recall(receiver: Uint8Array, author: Uint8Array, untold: Position): string | undefined {
    const key = keyOf(receiver, author)
    const known = this.#known.get(key)
    const msMax = known && known.applied < untold ? UNTOLD_MS_MAX : NAME_MS_MAX
    if (known?.name === undefined || this.#now() - known.askedMs > msMax) return undefined
    this.#known.delete(key)
    this.#known.set(key, known)
    return known.name
  }

  /** A page is worth more than the names on it: without an answer it shows keys. */
  async #ask(receiver: Uint8Array, author: Uint8Array): Promise<string> {
    const askedMs = this.#now()
    const known = this.#remember(keyOf(receiver, author))
    const answer = await this.#reader.author({ receiver, author }).catch(() => undefined)
    if (!answer) return ''
    // A profile may have come meanwhile, or a read replica be behind it: then what was answered is not kept.
    if (answer.applied >= known.changed && askedMs >= known.askedMs) {
      known.name = answer.name
      known.askedMs = askedMs
      known.applied = answer.applied
    }
    return answer.name
  }

  /** What is known of an author from before it is asked about, so that what comes meanwhile is noted. */
  #remember(key: string): Known {
    const known = this.#known.get(key) ?? {
      name: undefined,
      askedMs: Number.NEGATIVE_INFINITY,
      applied: 0n,
      changed: 0n,
    }
    this.#known.delete(key)
    this.#known.set(key, known)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= NAMES_MAX) break
      this.#known.delete(oldest)
    }
    return known
  }
}

function keyOf(receiver: Uint8Array, author: Uint8Array): string {
  return `${toHex(receiver)}${toHex(author)}`
}
