import { type Announcement, PROFILE_TYPE, readMessage, toHex } from '@p2pmsg/protocol'
import type { Reader } from '../store-reader.ts'

/** Names kept at most; the least recently used goes first. */
const NAMES_MAX = 20_000
/** A name that a lost announcement could have changed is asked for again after this, milliseconds. */
const NAME_MS_MAX = 60_000
/** Questions about authors at once, for one page. */
const AT_ONCE_MAX = 8

type Known = Readonly<{ name: string; askedMs: number }>

/** What authors call themselves in a feed, asked once and then remembered until they say otherwise. */
export class Names {
  readonly #reader: Pick<Reader, 'author'>
  readonly #now: () => number
  readonly #known = new Map<string, Known>() // bounded by NAMES_MAX

  constructor(reader: Pick<Reader, 'author'>, now: () => number) {
    this.#reader = reader
    this.#now = now
  }

  /** @returns names by key in hex; an author without a name, or about whom the store does not answer, is left out */
  async of(receiver: Uint8Array, authors: readonly Uint8Array[]): Promise<Map<string, string>> {
    const names = new Map<string, string>()
    const unknown = new Map<string, Uint8Array>()
    for (const author of authors) {
      const known = this.#recall(receiver, author)
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
  heard({ rows = [] }: Announcement): void {
    for (const { dialect, receivedMs, message } of rows) {
      if (!Buffer.from(message.buffer, message.byteOffset, message.length).includes(PROFILE_TYPE)) continue
      const read = readMessage({ dialect, receivedMs, bytes: message })
      if (read.ok && read.value.content.profile) this.#known.delete(keyOf(read.value.receiver, read.value.key))
    }
  }

  #recall(receiver: Uint8Array, author: Uint8Array): string | undefined {
    const key = keyOf(receiver, author)
    const known = this.#known.get(key)
    if (!known || this.#now() - known.askedMs > NAME_MS_MAX) return undefined
    this.#known.delete(key)
    this.#known.set(key, known)
    return known.name
  }

  /** A page is worth more than the names on it: without an answer it shows keys. */
  async #ask(receiver: Uint8Array, author: Uint8Array): Promise<string> {
    const answer = await this.#reader.author({ receiver, author }).catch(() => undefined)
    if (!answer) return ''
    this.#known.set(keyOf(receiver, author), { name: answer.name, askedMs: this.#now() })
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= NAMES_MAX) break
      this.#known.delete(oldest)
    }
    return answer.name
  }
}

function keyOf(receiver: Uint8Array, author: Uint8Array): string {
  return `${toHex(receiver)}${toHex(author)}`
}
