import type { MessageAnswer } from '@p2pmsg/protocol'
import { NOT_EXPIRED, ROW_COLUMNS, toRow } from './row-of.ts'
import { appliedFor, appliedForAll, inSnapshot, type Source } from './snapshot.ts'

/** One message by its id; empty when it was removed, absent when it has expired. */
export function answerMessage(source: Source, id: Uint8Array): Promise<MessageAnswer> {
  return inSnapshot(source, async (snapshot) => {
    const found = await snapshot.db
      .selectFrom('message')
      .select([...ROW_COLUMNS, 'receiver'])
      .where('id', '=', id)
      .where(NOT_EXPIRED)
      .executeTakeFirst()
    if (!found) return { row: undefined, receiver: undefined, applied: await appliedForAll(snapshot) }
    return { row: toRow(found), receiver: found.receiver, applied: await appliedFor(snapshot, found.receiver) }
  })
}
