import { type Static, Type } from 'typebox'
import type { Item, Page, Said } from '../feed/present.ts'
import type { FeedAddresses } from './addresses.ts'
import { MessageJson, messageJson } from './json.ts'
import { entryId, titleOf, wordsOf } from './words.ts'

const JsonFeedItem = Type.Object({
  id: Type.String({ description: 'The message id as a name for ever: `ni:///sha-256;…` (RFC 6920).' }),
  url: Type.String({ format: 'uri' }),
  content_text: Type.String(),
  date_published: Type.String({ format: 'date-time', description: 'When the cluster received it.' }),
  authors: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))),
  tags: Type.Optional(Type.Array(Type.String())),
  _p2pmsg: Type.Unsafe<MessageJson>(Type.Ref('Message')),
})

export const JsonFeedJson = Type.Object(
  {
    version: Type.Literal('https://jsonfeed.org/version/1.1'),
    title: Type.String(),
    home_page_url: Type.String({ format: 'uri' }),
    feed_url: Type.String({ format: 'uri' }),
    next_url: Type.Optional(
      Type.String({
        format: 'uri',
        description:
          'The page that goes on; absent at the end. A page of a search may hold few items or none, and go on.',
      }),
    ),
    items: Type.Array(JsonFeedItem),
  },
  { $id: 'JsonFeed', title: 'One page of a feed as JSON Feed 1.1' },
)
type JsonFeedJson = Static<typeof JsonFeedJson>

/** JSON Feed 1.1 (jsonfeed.org/version/1.1). What it has no word for stands in `_p2pmsg`, as in the feed's own JSON. */
export function jsonFeed(page: Page, addresses: FeedAddresses): JsonFeedJson {
  return {
    version: 'https://jsonfeed.org/version/1.1',
    title: titleOf(page.receiver, addresses.name),
    home_page_url: addresses.home,
    feed_url: addresses.self,
    ...(addresses.next === undefined ? {} : { next_url: addresses.next }),
    items: page.items.map((item) => itemJson(item, addresses.origin)),
  }
}

function itemJson(item: Item, origin: string): Static<typeof JsonFeedItem> {
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

function authorship(said: Said): Pick<Static<typeof JsonFeedItem>, 'authors' | 'tags'> {
  return {
    authors: [{ name: said.name ?? said.author }],
    ...(said.topic === '' ? {} : { tags: [said.topic] }),
  }
}
