import { toZBase32 } from '@p2pmsg/protocol'
import { ASSETS_VERSION } from '../assets.ts'
import type { Format, PageContext } from '../feed/pages.ts'
import type { Page } from '../feed/present.ts'
import { toQuery } from '../feed/question.ts'
import { feedPage } from './html/feed-page.ts'
import { feedJson } from './json.ts'

/** Whose feed `/` shows decides which address its page has. */
export type Addresses = Readonly<{ defaultReceiver: Uint8Array | undefined }>

export function feedPath(receiver: Uint8Array): string {
  return `/v1/feeds/${toZBase32(receiver)}`
}

/** The path of a feed's page for people. */
export function pagePath(receiver: Uint8Array, { defaultReceiver }: Addresses): string {
  return defaultReceiver && Buffer.compare(receiver, defaultReceiver) === 0 ? '/' : `${feedPath(receiver)}.html`
}

export const jsonFormat: Format = {
  name: 'json',
  contentType: 'application/json; charset=utf-8',
  tellsApplied: true,
  render: (page, { origin }) => Buffer.from(JSON.stringify(feedJson(page, origin))),
  link: (page, context) => pageLinks(page, context, ''),
}

export function htmlFormat(addresses: Addresses): Format {
  return {
    name: `html ${ASSETS_VERSION}`,
    contentType: 'text/html; charset=utf-8',
    render(page, { name }) {
      const { receiver } = page.question
      const alternates = [{ type: 'application/json', href: feedPath(receiver), title: 'This feed as JSON' }]
      return feedPage(page, { base: pagePath(receiver, addresses), name, alternates })
    },
  }
}

/** `Link` of RFC 8288: the neighbouring pages in the same format. */
function pageLinks(page: Page, { origin }: PageContext, suffix: string): string {
  const at = (cursor: { before?: string; after?: string }) => {
    const query = toQuery({ ...page.question, before: undefined, after: undefined })
    for (const [name, value] of Object.entries(cursor)) query.set(name, value)
    return `${origin}${feedPath(page.question.receiver)}${suffix}${query.size > 0 ? `?${query.toString()}` : ''}`
  }
  const forwards = page.order === 'oldest-first'
  const links = [`<${at({})}>; rel="first"`]
  if (page.next !== undefined)
    links.push(`<${at(forwards ? { after: page.next } : { before: page.next })}>; rel="next"`)
  if (page.prev !== undefined)
    links.push(`<${at(forwards ? { before: page.prev } : { after: page.prev })}>; rel="prev"`)
  return links.join(', ')
}
