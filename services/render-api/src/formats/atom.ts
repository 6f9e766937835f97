import type { Item, Page } from '../feed/present.ts'
import { type FeedAddresses, MEDIA_TYPES } from './addresses.ts'
import { type Markup, xml } from './markup.ts'
import { entryId, titleOf, wordsOf } from './words.ts'

/** Of a feed in which nothing was ever said: Atom wants a time (RFC 4287 §4.2.15). */
const NEVER = '1970-01-01T00:00:00.000Z'
/** Longest title of an entry, characters; the words are all in its content. */
const TITLE_CHARACTERS_MAX = 80

/** Atom (RFC 4287), paged and archived as RFC 5005 §3 and §4. Titles are the beginning of the words, because a message has no title. */
export function atomFeed(page: Page, addresses: FeedAddresses): Buffer {
  const { self, home, first, next, prev, name, archives } = addresses
  const links: readonly (readonly [string, string | undefined])[] = [
    ['self', self],
    ['first', first],
    ['next', next],
    ['previous', prev],
    ['current', archives?.current],
    ['prev-archive', archives?.older],
    ['next-archive', archives?.newer],
  ]
  const times = page.items.map((item) => item.received).sort()
  const feed = xml`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0">
<id>p2pmsg://${page.receiver}</id>
<title>${titleOf(page.receiver, name)}</title>
<updated>${times.at(-1) ?? NEVER}</updated>
${archives?.current !== undefined && xml`<fh:archive/>\n`}<link rel="alternate" type="text/html" href="${home}"/>
${links.map(([rel, href]) => href !== undefined && xml`<link rel="${rel}" type="${MEDIA_TYPES.atom}" href="${href}"/>\n`)}${page.items.map((item) => entry(item, addresses.origin))}</feed>
`
  return Buffer.from(feed.toString())
}

function entry(item: Item, origin: string): Markup {
  const { said } = item
  const words = wordsOf(item)
  return xml`<entry>
<id>${entryId(item.id)}</id>
<title>${beginning(words)}</title>
<updated>${item.received}</updated>
<published>${item.received}</published>
<author><name>${said ? (said.name ?? said.author) : 'nobody'}</name></author>
<link rel="alternate" type="text/html" href="${`${origin}/m/${item.id}`}"/>
${said && said.topic !== '' && xml`<category term="${said.topic}"/>\n`}<content type="text">${words}</content>
</entry>
`
}

/** The first line, cut between characters rather than within one. */
function beginning(words: string): string {
  const line = words.trim().split('\n', 1)[0] ?? ''
  const characters = Array.from(line.slice(0, TITLE_CHARACTERS_MAX * 4))
  return characters.length <= TITLE_CHARACTERS_MAX
    ? characters.join('')
    : `${characters.slice(0, TITLE_CHARACTERS_MAX - 1).join('')}…`
}
