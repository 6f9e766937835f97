import { type ArchiveRange, formatCursor, toZBase32 } from '@p2pmsg/protocol'
import type { PageContext } from '../feed/pages.ts'
import type { Page } from '../feed/present.ts'
import { rangeOf, toQuery } from '../feed/question.ts'

/** Whose feed `/` shows decides which address its page has. */
export type Addresses = Readonly<{ defaultReceiver: Uint8Array | undefined }>

/** How a page may be asked for: by the end of its path, or by Accept. */
export const SUFFIXES = { json: '', 'json-feed': '.json', atom: '.atom', html: '.html' } as const
export type FormatName = keyof typeof SUFFIXES
/** In the order in which they are offered: who does not mind gets the first. */
export const MEDIA_TYPES: Readonly<Record<FormatName, string>> = {
  json: 'application/json',
  'json-feed': 'application/feed+json',
  atom: 'application/atom+xml',
  html: 'text/html',
}

export function feedPath(receiver: Uint8Array): string {
  return `/v1/feeds/${toZBase32(receiver)}`
}

/** The path of a feed's page for people. */
export function pagePath(receiver: Uint8Array, { defaultReceiver }: Addresses): string {
  return defaultReceiver && Buffer.compare(receiver, defaultReceiver) === 0 ? '/' : `${feedPath(receiver)}.html`
}

/** The path of an archive, which both its ends tell. */
function archivePath(receiver: Uint8Array, { after, until }: ArchiveRange): string {
  return `${feedPath(receiver)}/archive/${formatCursor(after)}/${formatCursor(until)}${SUFFIXES.atom}`
}

/** What a document links to, as whole addresses. */
export type FeedAddresses = Readonly<{
  /** This very document. */
  self: string
  /** The page for people. */
  home: string
  first: string | undefined
  next: string | undefined
  prev: string | undefined
  archives: ArchiveAddresses | undefined
  origin: string
  /** What the receiver calls itself. */
  name: string | undefined
}>

/** Of a document that leads to archives, or is one (RFC 5005 §4). */
type ArchiveAddresses = Readonly<{
  /** The feed as it is now; undefined = this is it. */
  current: string | undefined
  older: string | undefined
  newer: string | undefined
}>

export function feedAddresses(
  page: Page,
  { origin, name }: PageContext,
  format: FormatName,
  { defaultReceiver }: Addresses,
): FeedAddresses {
  const { receiver } = page.question
  const range = rangeOf(page.question)
  const common = { origin, name, home: `${origin}${pagePath(receiver, { defaultReceiver })}` }
  const archives = archiveAddresses(page, origin)
  if (range) {
    const self = `${origin}${archivePath(receiver, range)}`
    return { ...common, self, first: undefined, next: undefined, prev: undefined, archives }
  }
  const at = (cursor: { before?: string; after?: string }) => {
    const query = toQuery({ ...page.question, before: undefined, after: undefined })
    for (const [key, value] of Object.entries(cursor)) query.set(key, value)
    return `${origin}${feedPath(receiver)}${SUFFIXES[format]}${query.size > 0 ? `?${query.toString()}` : ''}`
  }
  const own = toQuery(page.question).toString()
  const forwards = page.order === 'oldest-first'
  return {
    ...common,
    archives,
    first: at({}),
    self: `${origin}${feedPath(receiver)}${SUFFIXES[format]}${own === '' ? '' : `?${own}`}`,
    next: page.next === undefined ? undefined : at(forwards ? { after: page.next } : { before: page.next }),
    prev: page.prev === undefined ? undefined : at(forwards ? { before: page.prev } : { after: page.prev }),
  }
}

function archiveAddresses({ question, archives }: Page, origin: string): ArchiveAddresses | undefined {
  if (!archives) return undefined
  const { receiver } = question
  const at = (range: ArchiveRange | undefined) => range && `${origin}${archivePath(receiver, range)}`
  const current = rangeOf(question) && `${origin}${feedPath(receiver)}${SUFFIXES.atom}`
  return { current, older: at(archives.older), newer: at(archives.newer) }
}

/** `Link` of RFC 8288: the neighbouring pages in the same format, the same page in the others, and archives. */
export function linkHeader(page: Page, context: PageContext, format: FormatName, addresses: Addresses): string {
  const { first, next, prev, archives, origin } = feedAddresses(page, context, format, addresses)
  const path = `${origin}${feedPath(page.question.receiver)}`
  const links = Object.entries({
    first,
    next,
    prev,
    current: archives?.current,
    'prev-archive': archives?.older,
    'next-archive': archives?.newer,
  }).flatMap(([rel, href]) => (href === undefined ? [] : [`<${href}>; rel="${rel}"`]))
  if (archives?.current !== undefined) return links.join(', ') // an archive is in no other format
  for (const other of Object.keys(SUFFIXES) as FormatName[]) {
    if (other !== format) links.push(`<${path}${SUFFIXES[other]}>; rel="alternate"; type="${MEDIA_TYPES[other]}"`)
  }
  return links.join(', ')
}
