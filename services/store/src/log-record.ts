import { jetstreamManager } from '@nats-io/jetstream'
import { MESSAGES_STREAM } from '@p2pmsg/protocol'
import { type Bus, BusUnavailable, reasonOf } from '@p2pmsg/runtime'

export type LogRecord = Readonly<{ seq: number; data: Uint8Array; time: Date }>

/**
 * A record of MESSAGES as the stream's leader has it: a direct get may be answered by a replica that lags.
 * @param query with `next_by_subj`: the first of that subject at or after `seq`
 * @throws {BusUnavailable}
 */
export async function recordOfLeader(
  bus: Bus,
  query: Readonly<{ seq: number; next_by_subj?: string }>,
): Promise<LogRecord | undefined> {
  try {
    const manager = await jetstreamManager(bus.nc, { checkAPI: false })
    const record = await manager.streams.getMessage(MESSAGES_STREAM, query)
    return record ? { seq: record.seq, data: record.data, time: record.time } : undefined
  } catch (cause) {
    throw new BusUnavailable(`a record of ${MESSAGES_STREAM}: ${reasonOf(cause)}`, { cause })
  }
}
