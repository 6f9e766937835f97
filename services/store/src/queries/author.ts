import { type AuthorAnswer, type AuthorQuestion, PROFILE_TYPE, parseContent, parseMessage } from '@p2pmsg/protocol'
import { sql } from 'kysely'
import { NOT_EXPIRED } from './row-of.ts'
import { appliedFor, inSnapshot, type Snapshot, type Source } from './snapshot.ts'

/** An author's messages are counted up to this: nobody may make the database count for seconds. */
const COUNT_MAX = 10_000

/** What a key last said about itself in a feed, and how much it wrote there (counted up to 10,000). */
export function answerAuthor(source: Source, question: AuthorQuestion): Promise<AuthorAnswer> {
  return inSnapshot(source, async (snapshot) => ({
    ...(await profileOf(snapshot, question)),
    messages: await countOf(snapshot, question),
    applied: await appliedFor(snapshot, question.receiver),
  }))
}

async function profileOf({ db }: Snapshot, { receiver, author }: AuthorQuestion) {
  const latest = await db
    .selectFrom('message')
    .select('message')
    .where('receiver', '=', receiver)
    .where('author', '=', author)
    .where('type', '=', sql.lit(PROFILE_TYPE)) // a literal, as in the index made for this
    .where(sql<boolean>`message <> ''`)
    .where(NOT_EXPIRED)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  const message = latest && parseMessage(latest.message)
  const content = message?.ok ? parseContent(message.value) : undefined
  return (content?.ok && content.value.profile) || { name: '', about: '' }
}

async function countOf({ db }: Snapshot, { receiver, author }: AuthorQuestion): Promise<number> {
  const some = db
    .selectFrom('message')
    .select('position')
    .where('receiver', '=', receiver)
    .where('author', '=', author)
    .limit(COUNT_MAX)
  const { count } = await db
    .selectFrom(some.as('some'))
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
