import { parseKey, sealKeyOf, toZBase32 } from '@p2pmsg/protocol'
import { NoRecord } from '../../failures.ts'
import { feedPath } from '../../http/await-stored.ts'
import { members } from '../../http/fetch-json.ts'
import { type FeedMessage, type FeedQuestion, getJson, readFeed } from '../../http/read-feed.ts'
import { resolve } from '../../resolve.ts'
import { type Command, options, type Surroundings, wholeNumber } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { Opener } from '../opener.ts'
import { prettyMessage } from '../pretty-message.ts'
import { receiverAddress } from '../settings.ts'

const LIMIT_DEFAULT = 20
const LIMIT_MAX = 100_000
/** A feed gives at most so many at once. */
const PAGE_MAX = 200

export const feed: Command = {
  name: 'feed',
  summary: "read a receiver's feed",
  help: `p2pmsg feed [address] [--from URL] [--limit N] [--before CURSOR | --after CURSOR] [--author KEY] [--topic TOPIC]
            [--bootstrap LIST] [--open FILE] [--json]

Prints messages, newest first. The feed is found by the receiver's record; --from goes there directly. Without an address:
that of P2PMSG_TO, or of "to" in config.json, or with --from the one that the service shows on its first page.

  --from URL       http://host:port, or http://host:port/v1/feeds/<key>
  --limit N        how many messages, default ${LIMIT_DEFAULT}
  --before CURSOR  older than this
  --after CURSOR   newer than this, oldest first
  --author KEY     only this author's
  --topic TOPIC    only this topic's
  --bootstrap LIST host:port of DHT nodes for an address without a host, else P2PMSG_BOOTSTRAP
  --open FILE      the receiver's key: shows what was sealed to it (p2pmsg send --seal)
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
      open: { type: 'string' },
      json: { type: 'boolean' },
    })
    if (positionals.length > 1) throw new UsageError('feed wants at most one address')
    if (values.before !== undefined && values.after !== undefined) throw new UsageError('either --before or --after')
    if (values.author !== undefined && !parseKey(values.author)) throw new UsageError('--author is a public key')
    const limit = wholeNumber('limit', values.limit ?? String(LIMIT_DEFAULT), 1, LIMIT_MAX)
    const opener = await Opener.read(values.open, around)
    const { url, sealKey } = await findFeed(positionals[0], values.from, values.bootstrap, around)
    const { before, after, author, topic } = values
    const filters = { ...(author !== undefined && { author }), ...(topic !== undefined && { topic }) }
    const from = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
    let left = limit
    for await (const message of messagesOf(url, { ...filters, ...from }, limit, around.signal)) {
      const shown = opener?.open(message) ?? message
      around.say(values.json ? JSON.stringify(shown) : prettyMessage(shown))
      left--
    }
    opener?.conclude(sealKey, around.note)
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

/** A feed, and what messages to its receiver are sealed to: its record's word, else its own key converted. */
type Found = Readonly<{ url: URL; sealKey: Uint8Array | undefined }>

async function findFeed(
  to: string | undefined,
  from: string | undefined,
  bootstrap: string | undefined,
  around: Surroundings,
): Promise<Found> {
  if (from === undefined) {
    const { address, record } = await resolve(
      await receiverAddress(to, around.env),
      around.signal,
      dhtOptions(bootstrap, around.env),
    )
    if (record.feedUrl === undefined) throw new NoRecord("this receiver's record names no feed: give --from URL")
    return { ...feedOf(readUrl(record.feedUrl), address.receiver), ...(record.sealKey && { sealKey: record.sealKey }) }
  }
  const url = readUrl(from)
  const [, key] = /\/v1\/feeds\/([^/]+)$/.exec(url.pathname) ?? []
  const named = to ?? around.env.P2PMSG_TO
  if (key !== undefined) {
    const receiver = parseKey(key)
    return { url, sealKey: receiver && sealKeyOf(receiver) }
  }
  if (named !== undefined) return feedOf(url, (await receiverAddress(named, around.env)).receiver)
  const { default_receiver: shown } = members(await getJson(feedPath(url.href, 'limits'), around.signal))
  const receiver = typeof shown === 'string' ? parseKey(shown) : undefined
  if (!receiver) throw new UsageError(`${url.origin} shows no feed of its own: name the receiver`)
  return feedOf(url, receiver)
}

function feedOf(base: URL, receiver: Uint8Array): Found {
  return { url: feedPath(base.href, `v1/feeds/${toZBase32(receiver)}`), sealKey: sealKeyOf(receiver) }
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new UsageError('the feed is an http(s) URL')
  return url
}
