import { REFUSAL_CODES, type TraceAnswer } from '@p2pmsg/protocol'
import { sql } from 'kysely'
import { appliedFor, appliedForAll, inSnapshot, type Snapshot, type Source } from './snapshot.ts'

/** What became of an id, an expired one included. Stored wins: a stranger can have a copy with a bad signature refused at any time. */
export function answerTrace(source: Source, id: Uint8Array): Promise<TraceAnswer> {
  return inSnapshot(source, async (snapshot) => {
    const found = await snapshot.db
      .selectFrom('message')
      .select(['receiver', 'position', 'received_ms', 'stored_ms', sql<boolean>`message = ''`.as('removed')])
      .where('id', '=', id)
      .executeTakeFirst()
    if (!found) {
      return { stored: undefined, refused: await refusalOf(snapshot, id), applied: await appliedForAll(snapshot) }
    }
    const stored = {
      position: BigInt(found.position),
      receivedMs: Number(found.received_ms),
      storedMs: Number(found.stored_ms),
      removed: found.removed,
    }
    return { stored, refused: undefined, applied: await appliedFor(snapshot, found.receiver) }
  })
}

async function refusalOf({ db }: Snapshot, id: Uint8Array): Promise<TraceAnswer['refused']> {
  const latest = await db
    .selectFrom('refusal')
    .select(['code', 'time_ms'])
    .where('id', '=', id)
    .orderBy('time_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  return latest && { code: REFUSAL_CODES[latest.code] ?? 'malformed', timeMs: Number(latest.time_ms) }
}
