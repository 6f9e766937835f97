import { toZBase32 } from '@p2pmsg/protocol'
import { ASSETS_VERSION } from '../assets.ts'
import type { Format, PageContext } from '../feed/pages.ts'
import type { Page } from '../feed/present.ts'
import { toQuery } from '../feed/question.ts'
import { ATOM_MEDIA_TYPE, atomFeed } from './atom.ts'
import { feedPage } from './html/feed-page.ts'
import { feedJson } from './json.ts'
import { type FeedAddresses, JSON_FEED_MEDIA_TYPE, jsonFeed } from './json-feed.ts'
import { titleOf } from './words.ts'

/** Whose feed `/` shows decides which address its page has. */
export type Addresses = Readonly<{ defaultReceiver: Uint8Array | undefined }>

/** How a page may be asked for: by the end of its path, or by Accept. */
export const SUFFIXES = { json: '', 'json-feed': '.json', atom: '.atom', html: '.html' } as const
export type FormatName = keyof typeof SUFFIXES
/** In the order in which they are offered: who does not mind gets the first. */
export const MEDIA_TYPES: Readonly<Record<FormatName, string>> = {
  json: 'application/json',
  'json-feed': JSON_FEED_MEDIA_TYPE,
  atom: ATOM_MEDIA_TYPE,
  html: 'text/html',
}

export function feedPath(receiver: Uint8Array): string {
  return `/v1/feeds/${toZBase32(receiver)}`
}

/** The path of a feed's page for people. */
export function pagePath(receiver: Uint8Array, { defaultReceiver }: Addresses): string {
  return defaultReceiver && Buffer.compare(receiver, defaultReceiver) === 0 ? '/' : `${feedPath(receiver)}.html`
}

/** One page, four ways to write it down. */
export function formats(addresses: Addresses): Readonly<Record<FormatName, Format>> {
  const json: Format = {
    name: 'json',
    contentType: 'application/json; charset=utf-8',
    tellsApplied: true,
    render: (page, { origin }) => Buffer.from(JSON.stringify(feedJson(page, origin))),
    link: (page, context) => linkHeader(page, context, 'json', addresses),
  }
  const html: Format = {
    name: `html ${ASSETS_VERSION}`,
    contentType: 'text/html; charset=utf-8',
    render(page, { name }) {
      const path = feedPath(page.question.receiver)
      const title = titleOf(page.receiver, name)
      const alternates = (['atom', 'json-feed'] as const).map((format) => ({
        type: MEDIA_TYPES[format],
        href: `${path}${SUFFIXES[format]}`,
        title,
      }))
      return feedPage(page, { base: pagePath(page.question.receiver, addresses), path, name, alternates })
    },
    link: (page, context) => linkHeader(page, context, 'html', addresses),
  }
  const feed = (name: 'json-feed' | 'atom', write: (page: Page, feed: FeedAddresses) => Buffer): Format => ({
    name,
    contentType: `${MEDIA_TYPES[name]}; charset=utf-8`,
    render: (page, context) => write(page, feedAddresses(page, context, name, addresses)),
    link: (page, context) => linkHeader(page, context, name, addresses),
  })
  return {
    json,
    html,
    'json-feed': feed('json-feed', (page, at) => Buffer.from(JSON.stringify(jsonFeed(page, at)))),
    atom: feed('atom', atomFeed),
  }
}

function feedAddresses(
  page: Page,
  { origin, name }: PageContext,
  format: FormatName,
  { defaultReceiver }: Addresses,
): FeedAddresses {
  const { receiver, before, after } = page.question
  const at = (cursor: { before?: string; after?: string }) => {
    const query = toQuery({ ...page.question, before: undefined, after: undefined })
    for (const [key, value] of Object.entries(cursor)) query.set(key, value)
    return `${origin}${feedPath(receiver)}${SUFFIXES[format]}${query.size > 0 ? `?${query.toString()}` : ''}`
  }
  const own = toQuery(page.question)
  const forwards = page.order === 'oldest-first'
  return {
    origin,
    name,
    home: `${origin}${pagePath(receiver, { defaultReceiver })}`,
    first: at({}),
    self:
      before === undefined && after === undefined
        ? at({})
        : `${origin}${feedPath(receiver)}${SUFFIXES[format]}?${own.toString()}`,
    next: page.next === undefined ? undefined : at(forwards ? { after: page.next } : { before: page.next }),
    prev: page.prev === undefined ? undefined : at(forwards ? { before: page.prev } : { after: page.prev }),
  }
}

/** `Link` of RFC 8288: the neighbouring pages in the same format, the same page in the others, and the feed as it grows. */
function linkHeader(page: Page, context: PageContext, format: FormatName, addresses: Addresses): string {
  const { first, next, prev, origin } = feedAddresses(page, context, format, addresses)
  const path = `${origin}${feedPath(page.question.receiver)}`
  const links = [`<${first}>; rel="first"`]
  if (next !== undefined) links.push(`<${next}>; rel="next"`)
  if (prev !== undefined) links.push(`<${prev}>; rel="prev"`)
  for (const other of Object.keys(SUFFIXES) as FormatName[]) {
    if (other !== format) links.push(`<${path}${SUFFIXES[other]}>; rel="alternate"; type="${MEDIA_TYPES[other]}"`)
  }
  return links.join(', ')
}
