import type { Item, Page, Said } from '../feed/present.ts'
import type { FeedAddresses } from './addresses.ts'
import { messageJson } from './json.ts'
import { entryId, titleOf, wordsOf } from './words.ts'

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
