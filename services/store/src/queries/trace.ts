import { REFUSAL_CODES, streamSeqOf, type TraceAnswer } from '@p2pmsg/protocol'
import type { Bus } from '@p2pmsg/runtime'
import { sql } from 'kysely'
import { recordOfLeader } from '../log-record.ts'
import { appliedFor, appliedForAll, inSnapshot, type Snapshot, type Source } from './snapshot.ts'

/** How long the log may think about when it took a record, milliseconds: the rest of the answer is there already. */
const LOG_MS_MAX = 1_000

/** What became of an id, an expired one included. Stored wins: a stranger can have a copy with a bad signature refused at any time. */
export async function answerTrace(source: Source, id: Uint8Array, bus: Bus): Promise<TraceAnswer> {
  const answer = await inDatabase(source, id)
  const { stored } = answer
  return stored
    ? { ...answer, stored: { ...stored, acceptedMs: await acceptedMs(bus, streamSeqOf(stored.position)) } }
    : answer
}

/** The log's own time of a record; undefined when it holds it no longer, or does not say in time. */
async function acceptedMs(bus: Bus, seq: number): Promise<number | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), LOG_MS_MAX).unref())
  const record = await Promise.race([recordOfLeader(bus, { seq }).catch(() => undefined), late])
  return record?.time.getTime()
}

function inDatabase(source: Source, id: Uint8Array): Promise<TraceAnswer> {
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
      acceptedMs: undefined,
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
