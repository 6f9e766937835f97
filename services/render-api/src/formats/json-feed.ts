import type { Item, Page, Said } from '../feed/present.ts'
import { messageJson } from './json.ts'
import { entryId, titleOf, wordsOf } from './words.ts'

export const JSON_FEED_MEDIA_TYPE = 'application/feed+json'

export type FeedAddresses = Readonly<{
  /** This very document. */
  self: string
  /** The page for people. */
  home: string
  first: string
  next: string | undefined
  prev: string | undefined
  origin: string
  /** What the receiver calls itself. */
  name: string | undefined
}>

/** JSON Feed 1.1 (jsonfeed.org/version/1.1). What it has no word for stands in `_p2pmsg`, as in the feed's own JSON. */
export function jsonFeed(page: Page, addresses: FeedAddresses): object {
  return {
    version: 'https://jsonfeed.org/version/1.1',
    title: titleOf(page.receiver, addresses.name),
    home_page_url: addresses.home,
    feed_url: addresses.self,
    ...(addresses.next === undefined ? {} : { next_url: addresses.next }),
    items: page.items.map((item) => itemJson(item, addresses.origin)),
  }
}

function itemJson(item: Item, origin: string): object {
  const { said } = item
  return {
    id: entryId(item.id),
    url: `${origin}/m/${item.id}`,
    content_text: wordsOf(item),
    date_published: item.received,
    ...(said ? authorship(said) : {}),
    _p2pmsg: messageJson(item, origin),
  }
}

function authorship(said: Said): object {
  return {
    authors: [{ name: said.name ?? said.author }],
    ...(said.topic === '' ? {} : { tags: [said.topic] }),
  }
}
