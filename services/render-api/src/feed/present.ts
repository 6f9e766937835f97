import { createHash } from 'node:crypto'
import { type Dialect, type FeedQuestion, formatCursor, type Position, toHex, toZBase32 } from '@p2pmsg/protocol'
import type { Entry } from './entry.ts'
import type { Hydrated } from './hydrate.ts'
import { rangeOf, toQuery } from './question.ts'
import type { Archives } from './skeleton.ts'
import { isoFromMicros, isoFromMs } from './times.ts'

/** A message as readers see it, in no format yet. Keys are z-base-32, ids hex, times RFC 3339. */
export type Item = Readonly<{
  id: string
  position: Position
  cursor: string
  received: string
  stored: string
  dialect: Dialect
  /** Undefined = removed by its author, expired, or not readable by this version. */
  said: Said | undefined
  gone: 'removed' | 'expired' | 'unreadable' | undefined
}>

export type Said = Readonly<{
  author: string
  name: string | undefined
  topic: string
  type: string
  text: string | undefined
  body: Uint8Array
  replyTo: string | undefined
  expires: string | undefined
  sent: string
  profile: Readonly<{ name: string; about: string }> | undefined
  /** Signed as in 2011. */
  legacy: boolean
}>

/** One page of a feed, in no format yet. */
export type Page = Readonly<{
  receiver: string
  question: FeedQuestion
  /** In the order asked for: newest first, or oldest first after a cursor. */
  items: readonly Item[]
  order: 'newest-first' | 'oldest-first'
  /** Goes on in the same order; undefined = this is the end. */
  next: string | undefined
  /** Goes the other way from the first item; undefined = nothing can be there. */
  prev: string | undefined
  /** Come back with `?after=` this for whatever is newer than this page; undefined on pages of the past. */
  resume: string | undefined
  /** Where the same messages stand in documents that hardly change; undefined = not told here. */
  archives: Archives | undefined
  applied: Position
  revision: bigint
  /** Changes whenever anything that a reader sees on this page does. */
  version: string
}>

export function present(hydrated: Hydrated): Page {
  const { question, entries, more, reached, applied, revision, names, archives } = hydrated
  const items = entries.map((entry) => itemOf(entry, names))
  const [first, last] = [items[0], items.at(-1)]
  const goesOn = reached === undefined ? last?.cursor : formatCursor(reached)
  const next = more ? goesOn : undefined
  const isArchive = rangeOf(question) !== undefined
  const turned = isArchive ? undefined : (question.after ?? question.before)
  return {
    receiver: toZBase32(question.receiver),
    question,
    items,
    order: question.after === undefined || isArchive ? 'newest-first' : 'oldest-first',
    next,
    prev: turned === undefined ? undefined : (first?.cursor ?? formatCursor(turned)),
    resume: resumeOf(question, next, applied),
    archives,
    applied,
    revision,
    version: versionOf(hydrated),
  }
}

/** No cursor passes `applied`: behind it, rows may still appear. */
function resumeOf(question: FeedQuestion, next: string | undefined, applied: Position): string | undefined {
  if (question.before !== undefined) return undefined
  if (question.after === undefined) return formatCursor(applied)
  if (next !== undefined) return next
  return formatCursor(applied > question.after ? applied : question.after)
}

export function itemOf(entry: Entry, names: ReadonlyMap<string, string>): Item {
  const { row, state, message } = entry
  const item = {
    id: toHex(row.id),
    position: row.position,
    cursor: formatCursor(row.position),
    received: isoFromMs(row.receivedMs),
    stored: isoFromMs(row.storedMs),
    dialect: row.dialect,
  }
  if (state !== 'shown') return { ...item, said: undefined, gone: state }
  const { content } = message
  return {
    ...item,
    gone: undefined,
    said: {
      author: toZBase32(message.key),
      name: names.get(toHex(message.key)),
      topic: content.topic,
      type: content.type,
      text: content.text,
      body: content.body,
      replyTo: content.replyTo && toHex(content.replyTo),
      expires: content.expires === undefined ? undefined : isoFromMs(content.expires * 1000),
      sent: isoFromMicros(message.seq),
      profile: content.profile,
      legacy: message.legacy,
    },
  }
}

/**
 * Positions never get a new message, so places, states, names and the revision are all that can make a difference. An archive does
 * not tell the revision, and a removal elsewhere leaves it as it is.
 */
function versionOf({ question, entries, names, more, reached, revision, archives }: Hydrated): string {
  const removals = rangeOf(question) ? '' : String(revision)
  const hash = createHash('sha256').update(`${toQuery(question).toString()}\n${removals}\n${more} ${reached}\n`)
  hash.update(`${archives?.older?.after} ${archives?.older?.until} ${archives?.newer?.until}\n`)
  for (const { row, state } of entries) hash.update(`${row.position} ${state}\n`)
  for (const key of [...names.keys()].sort()) hash.update(`${key} ${names.get(key)}\n`)
  return hash.digest('base64url').slice(0, VERSION_CHARACTERS)
}

/** 132 bits: two pages that differ never meet by chance. */
const VERSION_CHARACTERS = 22
