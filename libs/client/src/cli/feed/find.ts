import { parseKey, sealKeyOf, toZBase32 } from '@p2pmsg/protocol'
import { answerOf, type FeedApi, feedApi } from '../../api/feed-api.ts'
import { NoRecord } from '../../failures.ts'
import { resolve } from '../../resolve.ts'
import type { Surroundings } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { UsageError } from '../exit-code.ts'
import { receiverAddress } from '../settings.ts'

/** A service, and whose feed is read there. */
export type Feed = Readonly<{
  api: FeedApi
  /** Where the service is, without a slash at its end. */
  origin: string
  /** The key, z-base-32. */
  receiver: string
  /** What messages to the receiver are sealed to: its record's word, else its own key converted. */
  sealKey: Uint8Array | undefined
}>

/** What the command line says of where a feed is. */
export type Where = Readonly<{
  /** The receiver's address. */
  to: string | undefined
  /** A URL; undefined = as the receiver's record says. */
  from: string | undefined
  /** DHT nodes, for an address without a host. */
  bootstrap: string | undefined
}>

const FEED = /\/v1\/feeds\/([^/]+)$/

/** @throws {UsageError}, {@link NoRecord}, and what resolving throws */
export async function findFeed(where: Where, around: Surroundings): Promise<Feed> {
  const { to, from } = where
  if (from === undefined) return feedOfRecord(where, around)
  const url = readUrl(from)
  const [, named] = FEED.exec(url.pathname) ?? []
  if (named !== undefined) return at(originOf(url), named)
  const told = to ?? around.env.P2PMSG_TO
  if (told !== undefined) return at(originOf(url), toZBase32((await receiverAddress(told, around.env)).receiver))
  const api = feedApi(originOf(url))
  const { default_receiver: key } = await answerOf(api.GET('/limits', { signal: around.signal }))
  if (key === null) throw new UsageError(`${url.origin} shows no feed of its own: name the receiver`)
  return at(originOf(url), key)
}

/** A service alone, for what is asked by id. */
export async function findService(from: string | undefined, around: Surroundings): Promise<FeedApi> {
  if (from !== undefined) return feedApi(originOf(readUrl(from)))
  return (await feedOfRecord({ to: undefined, from, bootstrap: undefined }, around)).api
}

async function feedOfRecord({ to, bootstrap }: Where, { env, signal }: Surroundings): Promise<Feed> {
  const { address, record } = await resolve(await receiverAddress(to, env), signal, dhtOptions(bootstrap, env))
  if (record.feedUrl === undefined) throw new NoRecord("this receiver's record names no feed: give --from URL")
  const feed = at(originOf(readUrl(record.feedUrl)), toZBase32(address.receiver))
  return record.sealKey ? { ...feed, sealKey: record.sealKey } : feed
}

function at(origin: string, key: string): Feed {
  const receiver = parseKey(key)
  if (!receiver) throw new UsageError('the feed is named by its key: …/v1/feeds/<52 characters of z-base-32>')
  return { api: feedApi(origin), origin, receiver: toZBase32(receiver), sealKey: sealKeyOf(receiver) }
}

/** The service of a feed's address, or of the service's own. */
function originOf({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.replace(/(?:\/v1\/feeds\/[^/]*|\/+)$/, '')
}

export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new UsageError('the feed is an http(s) URL')
  return url
}
