import { COUNT_MAX, type CountAnswer, type CountQuestion } from '@p2pmsg/protocol'
import { chosenRows } from './chosen-rows.ts'
import { appliedFor, inSnapshot, type Snapshot, type Source } from './snapshot.ts'

/** A whole feed's number is kept by its writers; with a filter the rows are counted, the newest first, and no more than so many. */
export function answerCount(source: Source, question: CountQuestion): Promise<CountAnswer> {
  const { author, topic, replyTo } = question
  const isFiltered = [author, topic, replyTo].some((filter) => filter !== undefined)
  return inSnapshot(source, async (snapshot) => {
    const counted = isFiltered ? await countSome(snapshot, question) : await kept(snapshot, question)
    return { ...counted, applied: await appliedFor(snapshot, question.receiver) }
  })
}

async function kept({ db }: Snapshot, { receiver }: CountQuestion) {
  const state = await db
    .selectFrom('receiver_state')
    .select('messages')
    .where('receiver', '=', receiver)
    .executeTakeFirst()
  return { messages: Number(state?.messages ?? 0), more: false }
}

async function countSome({ db }: Snapshot, question: CountQuestion) {
  const some = chosenRows(db, { ...question, before: undefined, after: undefined })
    .select((eb) => ['message.position', eb('message', '=', Buffer.of()).as('removed')])
    .orderBy('message.position', 'desc')
    .limit(COUNT_MAX + 1)
  const counted = await db
    .selectFrom(some.as('some'))
    .select((eb) => [
      eb.fn.countAll<string>().as('rows'),
      eb.fn.countAll<string>().filterWhere('removed', '=', false).as('shown'),
    ])
    .executeTakeFirstOrThrow()
  const more = Number(counted.rows) > COUNT_MAX
  return { messages: Math.min(Number(counted.shown), COUNT_MAX), more }
}
