import { parseKey, toZBase32 } from '@p2pmsg/protocol'
import { NoRecord } from '../../failures.ts'
import { feedPath } from '../../http/await-stored.ts'
import { members } from '../../http/fetch-json.ts'
import { type FeedMessage, type FeedQuestion, getJson, readFeed } from '../../http/read-feed.ts'
import { resolve } from '../../resolve.ts'
import { type Command, options, type Surroundings, wholeNumber } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { printable, printableLine } from '../printable.ts'
import { receiverAddress } from '../settings.ts'

const LIMIT_DEFAULT = 20
const LIMIT_MAX = 100_000
/** A feed gives at most so many at once. */
const PAGE_MAX = 200

export const feed: Command = {
  name: 'feed',
  summary: "read a receiver's feed",
  help: `p2pmsg feed [address] [--from URL] [--limit N] [--before CURSOR | --after CURSOR] [--author KEY] [--topic TOPIC]
            [--bootstrap LIST] [--json]

Prints messages, newest first. The feed is found by the receiver's record; --from goes there directly. Without an address:
that of P2PMSG_TO, or of "to" in config.json, or with --from the one that the service shows on its first page.

  --from URL       http://host:port, or http://host:port/v1/feeds/<key>
  --limit N        how many messages, default ${LIMIT_DEFAULT}
  --before CURSOR  older than this
  --after CURSOR   newer than this, oldest first
  --author KEY     only this author's
  --topic TOPIC    only this topic's
  --bootstrap LIST host:port of DHT nodes for an address without a host, else P2PMSG_BOOTSTRAP
  --json           print one object a message; the cursor is in each`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      from: { type: 'string' },
      limit: { type: 'string' },
      before: { type: 'string' },
      after: { type: 'string' },
      author: { type: 'string' },
      topic: { type: 'string' },
      bootstrap: { type: 'string' },
      json: { type: 'boolean' },
    })
    if (positionals.length > 1) throw new UsageError('feed wants at most one address')
    if (values.before !== undefined && values.after !== undefined) throw new UsageError('either --before or --after')
    if (values.author !== undefined && !parseKey(values.author)) throw new UsageError('--author is a public key')
    const limit = wholeNumber('limit', values.limit ?? String(LIMIT_DEFAULT), 1, LIMIT_MAX)
    const url = await feedUrl(positionals[0], values.from, values.bootstrap, around)
    const { before, after, author, topic } = values
    const filters = { ...(author !== undefined && { author }), ...(topic !== undefined && { topic }) }
    const from = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
    let left = limit
    for await (const message of messagesOf(url, { ...filters, ...from }, limit, around.signal)) {
      around.say(values.json ? JSON.stringify(message) : pretty(message))
      left--
    }
    if (left === limit && !values.json) around.note('no messages')
    return EXIT.ok
  },
}

/** Page after page, until there are enough or no more. */
async function* messagesOf(
  url: URL,
  question: FeedQuestion,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<FeedMessage> {
  const order = question.after === undefined ? 'before' : 'after'
  let asked = question
  for (let left = limit; left > 0; ) {
    const page = await readFeed(url, { ...asked, limit: Math.min(left, PAGE_MAX) }, signal)
    yield* page.messages.slice(0, left)
    left -= page.messages.length
    if (page.next === null || page.messages.length === 0) return
    asked = { ...question, [order]: page.next }
  }
}

async function feedUrl(
  to: string | undefined,
  from: string | undefined,
  bootstrap: string | undefined,
  around: Surroundings,
): Promise<URL> {
  if (from === undefined) {
    const { address, record } = await resolve(
      await receiverAddress(to, around.env),
      around.signal,
      dhtOptions(bootstrap, around.env),
    )
    if (record.feedUrl === undefined) throw new NoRecord("this receiver's record names no feed: give --from URL")
    return feedOf(readUrl(record.feedUrl), address.receiver)
  }
  const url = readUrl(from)
  if (/\/v1\/feeds\/[^/]+$/.test(url.pathname)) return url
  const named = to ?? around.env.P2PMSG_TO
  if (named !== undefined) return feedOf(url, (await receiverAddress(named, around.env)).receiver)
  const { default_receiver: key } = members(await getJson(feedPath(url.href, 'limits'), around.signal))
  const receiver = typeof key === 'string' ? parseKey(key) : undefined
  if (!receiver) throw new UsageError(`${url.origin} shows no feed of its own: name the receiver`)
  return feedOf(url, receiver)
}

function feedOf(base: URL, receiver: Uint8Array): URL {
  return feedPath(base.href, `v1/feeds/${toZBase32(receiver)}`)
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new UsageError('the feed is an http(s) URL')
  return url
}

const KEY_CHARACTERS = 8
/** What is shown of one body; a longer one would push all others off the screen. */
const BODY_CHARACTERS_MAX = 2_000

/** One message for a terminal. */
function pretty(message: FeedMessage): string {
  const { author, authorName, topic, sent, received, removed, type } = message
  const who = author === null ? 'unknown' : `${author.slice(0, KEY_CHARACTERS)}…`
  const name = authorName === null ? '' : ` “${printableLine(authorName)}”`
  const place = topic ? `  #${printableLine(topic)}` : ''
  const head = `${printableLine(sent ?? received ?? '')}  ${printableLine(who)}${name}${place}  [${printableLine(message.cursor)}]`
  const body = removed
    ? '(removed)'
    : message.text === null
      ? `(${printableLine(type ?? 'no text')})`
      : printable(short(message.text))
  return `${head}\n${body.replace(/^/gm, '    ')}\n`
}

function short(text: string): string {
  return text.length <= BODY_CHARACTERS_MAX
    ? text
    : `${text.slice(0, BODY_CHARACTERS_MAX)}… (${text.length} characters; --json prints all)`
}
