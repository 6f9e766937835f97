import type { FeedQuestion } from '@p2pmsg/protocol'
import { NOT_EXPIRED } from './row-of.ts'
import type { Snapshot } from './snapshot.ts'

/** The rows that a question's filters leave, in no order yet; words are not among these filters. */
export function chosenRows(db: Snapshot['db'], question: Omit<FeedQuestion, 'limit' | 'search'>) {
  let rows = db.selectFrom('message').where('message.receiver', '=', question.receiver).where(NOT_EXPIRED)
  if (question.after !== undefined) rows = rows.where('message.position', '>', String(question.after))
  if (question.before !== undefined) rows = rows.where('message.position', '<', String(question.before))
  if (question.author) rows = rows.where('author', '=', question.author)
  if (question.topic !== undefined) rows = rows.where('topic', '=', question.topic)
  if (question.replyTo) rows = rows.where('reply_to', '=', question.replyTo)
  return rows
}
