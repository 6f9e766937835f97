import { createHash } from 'node:crypto'
import { type FeedQuestion, toHex } from '@p2pmsg/protocol'
import { pageServed } from '../events.ts'
import type { Heads } from '../follow/heads.ts'
import type { Reader } from '../store-reader.ts'
import { hydrate } from './hydrate.ts'
import type { Names } from './names.ts'
import { PageCache, type Rendered } from './page-cache.ts'
import { type Page, present } from './present.ts'
import { isPlain, toQuery } from './question.ts'
import { skeletonOf } from './skeleton.ts'

/** A way to write a page down. */
export type Format = Readonly<{
  /** Names the format in cache keys and tags. */
  name: string
  contentType: string
  /** Its bytes say how far the store has applied the log, so they change when that does. */
  tellsApplied?: boolean
  /** It leads to archives. */
  archived?: boolean
  render(page: Page, context: PageContext): Buffer
  link?(page: Page, context: PageContext): string
}>

export type PageContext = Readonly<{
  /** Where this service is reached, e.g. `https://feeds.example.org`. */
  origin: string
  /** What the receiver calls itself. */
  name: string | undefined
}>

export type PagesOptions = Readonly<{
  reader: Pick<Reader, 'feed' | 'archive'>
  names: Pick<Names, 'of'>
  heads: Pick<Heads, 'unchanged'>
  /** Unix milliseconds. */
  now: () => number
}>

/** All pages kept, bytes. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024
/** Removals that no announcement tells of (retention) show after this at the latest, milliseconds. */
const PAGE_MS_MAX = 5_000

/** One query, every format: skeleton → hydrate → present → render, or the bytes from last time while they are still true. */
export class Pages {
  readonly #options: PagesOptions
  readonly #cache = new PageCache(CACHE_BYTES_MAX)

  constructor(options: PagesOptions) {
    this.#options = options
  }

  /** Names a page: of a question, in a format, for those who reach this service at `origin`. */
  keyOf(question: FeedQuestion, format: Format, origin: string): string {
    const query = isPlain(question) ? '' : toQuery(question).toString()
    return `${format.name} ${origin} ${toHex(question.receiver)}?${query}`
  }

  /** The page from last time, while it is still true. */
  hot(key: string, receiver: Uint8Array): Rendered | undefined {
    const { heads, now } = this.#options
    const cached = this.#cache.get(key)
    if (!cached || now() >= cached.staleMs || !heads.unchanged(receiver, cached.applied)) return undefined
    pageServed('cache')
    return cached
  }

  /** @throws {BusUnavailable} the store does not answer */
  async page(question: FeedQuestion, format: Format, origin: string): Promise<Rendered> {
    const key = this.keyOf(question, format, origin)
    const hot = this.hot(key, question.receiver)
    if (hot) return hot
    pageServed('store')
    const made = await this.#make(question, format, origin, this.#cache.get(key))
    this.#cache.set(key, made)
    return made
  }

  async #make(question: FeedQuestion, format: Format, origin: string, before: Rendered | undefined): Promise<Rendered> {
    const { reader, names, now } = this.#options
    const hydrated = await hydrate(names, await skeletonOf(reader, question, format.archived), now())
    const page = present(hydrated)
    const own = await names.of(question.receiver, [question.receiver])
    const name = own.get(toHex(question.receiver))
    const version = `${page.version}${name ?? ''}`
    const staleMs = Math.min(now() + PAGE_MS_MAX, hydrated.expiresMs)
    // The same messages: the bytes from before still say nothing wrong, and whoever has them need not load them again.
    if (before?.version === version) return { ...before, applied: page.applied, staleMs }
    const context = { origin, name }
    return {
      body: format.render(page, context),
      etag: etagOf(format, page, context, version),
      contentType: format.contentType,
      lasting: page.archives?.newer !== undefined,
      link: format.link?.(page, context) ?? '',
      version,
      applied: page.applied,
      staleMs,
    }
  }
}

function etagOf(format: Format, page: Page, { origin }: PageContext, version: string): string {
  const parts = [format.name, origin, version, format.tellsApplied ? page.applied : '']
  return `"${createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, TAG_CHARACTERS)}"`
}

/** 132 bits. */
const TAG_CHARACTERS = 22
