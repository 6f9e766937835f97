import {
  ARCHIVE_ROWS,
  type ArchiveRange,
  type FeedQuestion,
  formatCursor,
  fromHex,
  HASH_BYTES,
  parseCursor,
  parseKey,
  TOPIC_BYTES_MAX,
  toHex,
  toText,
  toZBase32,
  utf8,
} from '@p2pmsg/protocol'
import { ProblemError } from '../problem.ts'

/** A page's query as readers write it; the same in every format. */
export type FeedParams = Readonly<{
  limit?: number
  before?: string
  after?: string
  author?: string
  topic?: string
  reply_to?: string
  /** Words to search for, in the store's language. */
  q?: string
}>

export const LIMIT_DEFAULT = 50
/** Longest search, UTF-16 code units; three bytes each at most, well below what a question to the store may hold. */
export const SEARCH_CHARACTERS_MAX = 200

/** @throws {ProblemError} `malformed`, naming the parameter */
export function toQuestion(receiver: Uint8Array, params: FeedParams): FeedQuestion {
  const { limit = LIMIT_DEFAULT, before, after, author, topic, reply_to: replyTo, q } = params
  if (before !== undefined && after !== undefined) {
    throw new ProblemError('malformed', 'Give either `before` or `after`, not both.')
  }
  return {
    receiver,
    before: before === undefined ? undefined : readCursor('before', before),
    after: after === undefined ? undefined : readCursor('after', after),
    limit,
    author: given(author) === undefined ? undefined : readKey(author ?? ''),
    topic: given(topic) === undefined ? undefined : readTopic(topic ?? ''),
    replyTo: given(replyTo) === undefined ? undefined : readId('reply_to', replyTo ?? ''),
    search: given(q) === undefined ? undefined : readWords(q ?? ''),
  }
}

/** An archive as a question: both ends are given, which no page has. */
export function archiveQuestion(receiver: Uint8Array, { after, until }: ArchiveRange): FeedQuestion {
  return { ...toQuestion(receiver, { limit: ARCHIVE_ROWS }), after, before: until + 1n }
}

/** @returns undefined = a page, which has one end at most */
export function rangeOf({ after, before }: Pick<FeedQuestion, 'after' | 'before'>): ArchiveRange | undefined {
  return after === undefined || before === undefined ? undefined : { after, until: before - 1n }
}

/** A form sends empty fields too; they filter nothing. */
function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text
}

export function readCursor(name: string, text: string): bigint {
  const position = parseCursor(text)
  if (!position.ok) throw new ProblemError('malformed', `\`${name}\` is not a cursor of this service.`)
  return position.value
}

export function readId(name: string, text: string): Uint8Array {
  const id = fromHex(text, HASH_BYTES)
  if (!id) throw new ProblemError('malformed', `\`${name}\` must be a message id: 64 hex digits.`)
  return id
}

function readKey(text: string): Uint8Array {
  const key = parseKey(text)
  if (!key) throw new ProblemError('malformed', '`author` must be a key: 52 characters of z-base-32 or 64 hex digits.')
  return key
}

function readTopic(text: string): string {
  const bytes = utf8(text)
  const topic = toText(bytes)
  if (topic === undefined || topic.includes('\0') || bytes.length > TOPIC_BYTES_MAX) {
    throw new ProblemError('malformed', `\`topic\` has at most ${TOPIC_BYTES_MAX} bytes of UTF-8, none of them 0.`)
  }
  return topic
}

/** @returns the words with one space between them: one spelling for each search */
function readWords(text: string): string {
  const words = text.trim().replace(/\s+/g, ' ')
  if (words.length > SEARCH_CHARACTERS_MAX || words.includes('\0') || !words.isWellFormed()) {
    throw new ProblemError('malformed', `\`q\` has at most ${SEARCH_CHARACTERS_MAX} characters of text.`)
  }
  return words
}

/** Nothing is asked but the newest page as everybody gets it. */
export function isPlain(question: Omit<FeedQuestion, 'receiver'>): boolean {
  const { author, topic, replyTo, search, before, after, limit } = question
  const asked = author ?? topic ?? replyTo ?? search ?? before ?? after
  return asked === undefined && limit === LIMIT_DEFAULT
}

/** The query string of a question: one spelling for each, so that it can name a page in a cache and in links. */
export function toQuery(question: Omit<FeedQuestion, 'receiver'>): URLSearchParams {
  const query = new URLSearchParams()
  if (question.author) query.set('author', toZBase32(question.author))
  if (question.topic !== undefined) query.set('topic', question.topic)
  if (question.replyTo) query.set('reply_to', toHex(question.replyTo))
  if (question.search !== undefined) query.set('q', question.search)
  if (question.before !== undefined) query.set('before', formatCursor(question.before))
  if (question.after !== undefined) query.set('after', formatCursor(question.after))
  if (question.limit !== LIMIT_DEFAULT) query.set('limit', String(question.limit))
  return query
}
