import { jetstreamManager } from '@nats-io/jetstream'
import { EPOCH_MAX, EPOCH_METADATA, MESSAGES_STREAM, PARTITIONS_METADATA } from '@p2pmsg/protocol'
import { type Bus, BusUnfit, streamInfo } from '@p2pmsg/runtime'
import { STREAM_DEFAULTS } from './setup.ts'
import { messagesConfig } from './streams.ts'

export type EpochChange = Readonly<{ from: number; to: number; blocksDropped: number }>

/**
 * Starts a new log in place of MESSAGES, whose positions all follow those of the old one; cursors stay valid. For the day when
 * the log that the store has applied from is gone or another: blocks of the old log that no store has applied are lost.
 * @throws {BusUnfit} the epoch does not follow the present one
 */
export async function startEpoch(bus: Bus, epoch: number): Promise<EpochChange> {
  const { config, state } = await streamInfo(bus, MESSAGES_STREAM)
  const from = Number(config.metadata?.[EPOCH_METADATA] ?? 0)
  if (!Number.isInteger(epoch) || epoch <= from || epoch > EPOCH_MAX) {
    throw new BusUnfit(`the log is in epoch ${from}; the next must be a whole number above that, up to ${EPOCH_MAX}`)
  }
  const manager = await jetstreamManager(bus.nc)
  await manager.streams.delete(MESSAGES_STREAM)
  await manager.streams.add({
    ...messagesConfig({
      ...STREAM_DEFAULTS,
      epoch,
      partitions: Number(config.metadata?.[PARTITIONS_METADATA]),
      replicas: config.num_replicas,
      messagesBytesMax: config.max_bytes,
    }),
  })
  return { from, to: epoch, blocksDropped: state.messages }
}
