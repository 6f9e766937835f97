import { equalBytes, type FeedQuestion } from '@p2pmsg/protocol'
import { type Entry, expiresMsOf } from '../feed/entry.ts'

export type Filter = Pick<FeedQuestion, 'author' | 'topic' | 'replyTo'>

export function isOpen({ author, topic, replyTo }: Filter): boolean {
  return author === undefined && topic === undefined && replyTo === undefined
}

/**
 * The same choice among new messages as the store makes among old ones: what has expired meanwhile is left out, and what a
 * tombstone was about, nobody knows any more.
 */
export function passes(filter: Filter, { message }: Entry, nowMs: number): boolean {
  if (message && expiresMsOf(message) <= nowMs) return false
  if (isOpen(filter)) return true
  if (!message) return false
  if (filter.author && !equalBytes(filter.author, message.key)) return false
  if (filter.topic !== undefined && filter.topic !== message.content.topic) return false
  const { replyTo } = message.content
  return !filter.replyTo || (replyTo !== undefined && equalBytes(filter.replyTo, replyTo))
}
