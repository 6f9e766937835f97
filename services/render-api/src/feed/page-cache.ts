import type { Position } from '@p2pmsg/protocol'

/** A page as it goes out. */
export type Rendered = Readonly<{
  body: Buffer
  etag: string
  contentType: string
  /** Nothing but a removal, an expiry or a new name will change it. */
  lasting: boolean
  /** RFC 8288 `Link`; empty = none. */
  link: string
  /** What the page shows ({@link Page.version}). */
  version: string
  /** The page holds everything that was committed to its feed up to here. */
  applied: Position
  /** Unix milliseconds: from then on the page must be made again. */
  staleMs: number
}>

/** Beside its body, what a page costs at most, bytes. */
const OVERHEAD_BYTES = 1024

/** Pages that were given out, least recently used first to go. */
export class PageCache {
  readonly #bytesMax: number
  readonly #pages = new Map<string, Rendered>() // bounded by #bytesMax
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get(key: string): Rendered | undefined {
    const page = this.#pages.get(key)
    if (page) {
      this.#pages.delete(key)
      this.#pages.set(key, page)
    }
    return page
  }

  set(key: string, page: Rendered): void {
    this.#delete(key)
    this.#pages.set(key, page)
    this.#bytes += page.body.length + OVERHEAD_BYTES
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= this.#bytesMax) break
      this.#delete(oldest)
    }
  }

  #delete(key: string): void {
    const page = this.#pages.get(key)
    if (page && this.#pages.delete(key)) this.#bytes -= page.body.length + OVERHEAD_BYTES
  }

  get bytes(): number {
    return this.#bytes
  }
}
