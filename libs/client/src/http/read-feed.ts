import { HttpFailure } from '../failures.ts'
import { fetchJson, type JsonAnswer, members } from './fetch-json.ts'

/** One message as a feed shows it. Everything in it is the word of the feed; only `message` bytes prove themselves. */
export type FeedMessage = Readonly<{
  id: string
  /** Decimal. */
  position: string
  cursor: string
  /** z-base-32; null of a legacy or removed message. */
  author: string | null
  /** What the author calls itself; anyone may take any name. */
  authorName: string | null
  topic: string | null
  type: string | null
  /** The body of a text type. */
  text: string | null
  /** Any other body, base64url. */
  body: string | null
  replyTo: string | null
  /** ISO 8601. */
  expires: string | null
  /** By the author's clock, ISO 8601. */
  sent: string | null
  received: string | null
  url: string | null
  removed: boolean
}>

export type FeedPage = Readonly<{
  receiver: string
  messages: readonly FeedMessage[]
  /** Where the same order goes on; null at the end. */
  next: string | null
}>

export type FeedQuestion = Readonly<{
  limit?: number
  /** Cursor: newest first, older than this. */
  before?: string
  /** Cursor: oldest first, newer than this. */
  after?: string
  author?: string
  topic?: string
}>

/** Messages of one page, at most; what a feed sends beyond that is not looked at. */
const PAGE_MAX = 200

/** @param url of the feed: `…/v1/feeds/<receiver>` @throws {HttpFailure}, or the signal's reason */
export async function readFeed(url: URL, question: FeedQuestion, signal?: AbortSignal): Promise<FeedPage> {
  const asked = new URL(url)
  for (const [name, value] of Object.entries(question)) asked.searchParams.set(name, String(value))
  const { receiver, messages, next } = members(await getJson(asked, signal))
  if (typeof receiver !== 'string' || !Array.isArray(messages))
    throw new HttpFailure(`${url.href} is no feed`, 'no-feed')
  const page = messages.slice(0, PAGE_MAX).map(feedMessageOf)
  return { receiver, messages: page.filter((message) => message !== undefined), next: textOr(next, null) }
}

/** @throws {HttpFailure} with the service's own words when it refuses */
export async function getJson(url: URL, signal?: AbortSignal): Promise<unknown> {
  const answer = await fetchJson(url, { headers: { accept: 'application/json' } }, signal)
  if (answer.status !== 200) throw failureOf(url, answer)
  return answer.body
}

function failureOf(url: URL, { status, body }: JsonAnswer): HttpFailure {
  const { code, detail, title } = members(body)
  const words = textOr(detail, null) ?? textOr(title, null) ?? `HTTP ${status}`
  return new HttpFailure(`${url.origin} says: ${words}`, textOr(code, null) ?? `http-${status}`, status)
}

function feedMessageOf(value: unknown): FeedMessage | undefined {
  const given = members(value)
  const text = (name: string) => textOr(given[name], null)
  const [id, position, cursor] = [text('id'), text('position'), text('cursor')]
  if (id === null || position === null || cursor === null) return undefined
  return {
    id,
    position,
    cursor,
    author: text('author'),
    authorName: text('authorName'),
    topic: text('topic'),
    type: text('type'),
    text: text('text'),
    body: text('body'),
    replyTo: text('replyTo'),
    expires: text('expires'),
    sent: text('sent'),
    received: text('received'),
    url: text('url'),
    removed: given.removed === true,
  }
}

function textOr<T>(value: unknown, other: T): string | T {
  return typeof value === 'string' ? value : other
}
