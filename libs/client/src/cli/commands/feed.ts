import { formatCursor, fromHex, HASH_BYTES, parseCursor, parseKey } from '@p2pmsg/protocol'
import { type Command, options, type Surroundings, wholeNumber } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { type Feed, findFeed } from '../feed/find.ts'
import { follow } from '../feed/follow.ts'
import { type FeedQuery, messagesOf, PAGE_MAX } from '../feed/list.ts'
import { type ShowOptions, show } from '../feed/show.ts'
import { Opener } from '../opener.ts'

const LIMIT_DEFAULT = 20
const LIMIT_MAX = 100_000
/** Before every cursor. */
const OLDEST = formatCursor(0n)

export const feed: Command = {
  name: 'feed',
  summary: "read a receiver's feed, or follow it",
  help: `p2pmsg feed [address] [--from URL] [--limit N] [--before CURSOR | --after CURSOR] [--author KEY] [--topic TOPIC]
            [--reply-to ID] [--q WORDS] [--verify] [--open FILE] [--bootstrap LIST] [--json]
p2pmsg feed --follow [address] [--from URL] [--limit N | --after CURSOR | --state FILE] [--author KEY] [--topic TOPIC]
            [--reply-to ID] [--verify] [--open FILE] [--bootstrap LIST] [--json]

Prints messages, newest first. The feed is found by the receiver's record; --from goes there directly. Without an address:
that of P2PMSG_TO, or of "to" in config.json, or with --from the one that the service shows on its first page.

  --from URL       http://host:port, or http://host:port/v1/feeds/<key>
  --limit N        how many messages, default ${LIMIT_DEFAULT}
  --before CURSOR  older than this
  --after CURSOR   newer than this, oldest first; "oldest" = from the first message on
  --author KEY     only this author's
  --topic TOPIC    only this topic's
  --reply-to ID    only answers to this message
  --q WORDS        only messages with these words
  --bootstrap LIST host:port of DHT nodes for an address without a host, else P2PMSG_BOOTSTRAP
  --open FILE      the receiver's key: shows what was sealed to it (p2pmsg send --seal)
  --verify         check each message against the bytes that its author signed; stop at one that is not true
  --json           print one object a message; the cursor is in each

With --follow it goes on with what is new, oldest first, until Ctrl-C: through broken connections and restarts of the service,
each message once and in order. It begins with the newest --limit messages, behind --after, or where --state left off:

  --state FILE     go on where FILE says, and keep it up to date. A process that was killed repeats at most a second

Lines of --json with "event" instead of "id": "gap" = the log was begun anew and everything follows from its oldest message;
"gone" = the feed is no longer hosted there. Exit codes: 130 Ctrl-C, 1 gone, or not true with --verify.`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      from: { type: 'string' },
      limit: { type: 'string', default: String(LIMIT_DEFAULT) },
      before: { type: 'string' },
      after: { type: 'string' },
      author: { type: 'string' },
      topic: { type: 'string' },
      'reply-to': { type: 'string' },
      q: { type: 'string' },
      bootstrap: { type: 'string' },
      open: { type: 'string' },
      follow: { type: 'boolean', default: false },
      state: { type: 'string' },
      verify: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    })
    if (positionals.length > 1) throw new UsageError('feed wants at most one address')
    const { before, q, state, author, topic, verify, json } = values
    const after = values.after === 'oldest' ? OLDEST : values.after
    if (before !== undefined && after !== undefined) throw new UsageError('either --before or --after')
    if (author !== undefined && !parseKey(author)) throw new UsageError('--author is a public key')
    const replyTo = values['reply-to']
    if (replyTo !== undefined && !fromHex(replyTo, HASH_BYTES)) throw new UsageError('--reply-to is a message id')
    for (const cursor of [before, after])
      if (cursor !== undefined && !parseCursor(cursor).ok) throw new UsageError(`${cursor} is not a cursor`)
    const filter = {
      ...(author !== undefined && { author }),
      ...(topic !== undefined && { topic }),
      ...(replyTo !== undefined && { reply_to: replyTo }),
    }
    const where = { to: positionals[0], from: values.from, bootstrap: values.bootstrap }
    if (values.follow) {
      if (before !== undefined) throw new UsageError('--follow goes forwards: --after, not --before')
      if (q !== undefined)
        throw new UsageError('--q searches what is stored; a feed that is followed cannot be searched')
      const newest = wholeNumber('limit', values.limit, 0, PAGE_MAX)
      const opener = await Opener.read(values.open, around)
      const found = await findFeed(where, around)
      opener?.warn(found.sealKey, around.note)
      return follow(found, { filter, after, newest, state, json, verify, opener }, around)
    }
    if (state !== undefined) throw new UsageError('--state belongs to --follow')
    const limit = wholeNumber('limit', values.limit, 1, LIMIT_MAX)
    const cursors = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
    const query = { ...filter, ...(q !== undefined && { q }), ...cursors }
    const opener = await Opener.read(values.open, around)
    return list(await findFeed(where, around), query, limit, { json, verify, opener }, around)
  },
}

async function list(feed: Feed, query: FeedQuery, limit: number, options: ShowOptions, around: Surroundings) {
  let shown = 0
  for await (const message of messagesOf(feed, query, limit, around.signal)) {
    await show(feed, message, options, around)
    shown++
  }
  options.opener?.conclude(feed.sealKey, around.note)
  if (shown === 0 && !options.json) around.note('no messages')
  return EXIT.ok
}
