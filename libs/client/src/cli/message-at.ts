import { fromHex, HASH_BYTES } from '@p2pmsg/protocol'
import { type FeedApi, feedApi } from '../api/feed-api.ts'
import type { Surroundings } from './command.ts'
import { UsageError } from './exit-code.ts'
import { findService, readUrl } from './feed/find.ts'

/** A message of a service, by its id in hex. */
export type MessageAt = Readonly<{ api: FeedApi; id: string }>

const PERMALINK = /^(.*)\/(?:v1\/messages|m)\/([0-9a-f]{64})(?:\/trace)?\/?$/

/** Whether a word names a message: its id, or an address of it. */
export function namesMessage(word: string): boolean {
  return fromHex(word, HASH_BYTES) !== undefined || /^https?:\/\//.test(word)
}

/** @param word an id, or an address of the message @param from where the service is, of an id @throws {UsageError} */
export async function messageAt(word: string, from: string | undefined, around: Surroundings): Promise<MessageAt> {
  if (fromHex(word, HASH_BYTES)) return { api: await findService(from, around), id: word.toLowerCase() }
  if (!namesMessage(word)) throw new UsageError(`${word} is not a message id (64 hex digits), nor an address of one`)
  const { origin, pathname } = readUrl(word)
  const [, prefix, id] = PERMALINK.exec(pathname) ?? []
  if (prefix === undefined || id === undefined)
    throw new UsageError(`${word} is not an address of a message: …/m/<id> or …/v1/messages/<id>`)
  return { api: feedApi(`${origin}${prefix}`), id }
}
