import type { StatsAnswer } from '@p2pmsg/protocol'
import { inSnapshot, type Source, toPosition } from './snapshot.ts'

/** How much a receiver has, and how far each partition of the log is applied. */
export function answerStats(source: Source, receiver: Uint8Array): Promise<StatsAnswer> {
  return inSnapshot(source, async ({ db, partitions }) => {
    const state = await db
      .selectFrom('receiver_state')
      .select(['messages', 'last_position'])
      .where('receiver', '=', receiver)
      .executeTakeFirst()
    const applied = await db
      .selectFrom('partition')
      .select(['id', 'applied_seq'])
      .where('id', '<', partitions)
      .orderBy('id')
      .execute()
    return {
      messages: Number(state?.messages ?? 0),
      lastPosition: BigInt(state?.last_position ?? 0),
      partitions: applied.map((row) => ({ partition: row.id, applied: toPosition(row.applied_seq) })),
    }
  })
}
