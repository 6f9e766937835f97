import { ASSETS_VERSION } from '../assets.ts'
import type { Format } from '../feed/pages.ts'
import type { Page } from '../feed/present.ts'
import {
  type Addresses,
  type FeedAddresses,
  type FormatName,
  feedAddresses,
  feedPath,
  linkHeader,
  MEDIA_TYPES,
  pagePath,
  SUFFIXES,
} from './addresses.ts'
import { atomFeed } from './atom.ts'
import { feedPage } from './html/feed-page.ts'
import { feedJson } from './json.ts'
import { jsonFeed } from './json-feed.ts'
import { titleOf } from './words.ts'

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
    atom: { ...feed('atom', atomFeed), archived: true },
  }
}
