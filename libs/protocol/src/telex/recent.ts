import { createHash } from 'node:crypto'

/** How long a datagram is remembered, milliseconds: long enough for a network's own copy, short enough for a person's second try. */
const WINDOW_MS = 2_000
/** Datagrams remembered; the oldest makes room. Above what the budgets let through in the window. */
const REMEMBERED_MAX = 8_192

/** Whether the same bytes came from the same address a moment ago. */
export class Recent {
  readonly #seen = new Map<string, number>()

  /** @returns true if it is new; it is remembered then */
  add(bytes: Uint8Array, from: string, nowMs: number): boolean {
    for (const [key, atMs] of this.#seen) {
      if (nowMs - atMs < WINDOW_MS && this.#seen.size < REMEMBERED_MAX) break // they stand in the order they came
      this.#seen.delete(key)
    }
    const key = createHash('sha1').update(from).update('\0').update(bytes).digest('base64')
    if (this.#seen.has(key)) return false
    this.#seen.set(key, nowMs)
    return true
  }
}
