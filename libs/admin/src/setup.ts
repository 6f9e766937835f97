import {
  type ConsumerConfig,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StreamInfo,
} from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import {
  EDGE_STREAM,
  EPOCH_FIRST,
  MESSAGES_STREAM,
  PARTITIONS_DEFAULT,
  PARTITIONS_METADATA,
  RECEIVERS_BUCKET,
  REFUSED_STREAM,
  ROUTERS_BUCKET,
} from '@p2pmsg/protocol'
import { type Bus, BusUnfit } from '@p2pmsg/runtime'
import {
  edgeConfig,
  ingestConsumer,
  messagesConfig,
  type NamedStream,
  refusedConfig,
  refusedConsumer,
  type StreamOptions,
} from './streams.ts'

const MIB = 1024 * 1024
export const STREAM_DEFAULTS: StreamOptions = {
  partitions: PARTITIONS_DEFAULT,
  replicas: 1,
  epoch: EPOCH_FIRST,
  edgeBytesMax: 1024 * MIB,
  messagesBytesMax: 4096 * MIB,
  refusedBytesMax: 256 * MIB,
}
/** An entry of a router that no longer refreshes it goes away after this, milliseconds. */
const ROUTER_ENTRY_MS = 30_000

/**
 * Makes every stream, consumer and bucket that the services assume, or brings those that are there up to date. Safe to run
 * again and by several at once.
 * @throws {BusUnfit} MESSAGES is there with another number of partitions: that cannot be changed
 */
export async function setUp(bus: Bus, given: Partial<StreamOptions> = {}): Promise<void> {
  const options = { ...STREAM_DEFAULTS, ...given }
  const manager = await jetstreamManager(bus.nc)
  await putStream(manager, edgeConfig(options))
  await putMessages(manager, options)
  await putStream(manager, refusedConfig(options))
  await putConsumer(manager, EDGE_STREAM, ingestConsumer())
  await putConsumer(manager, REFUSED_STREAM, refusedConsumer())
  const kvm = new Kvm(jetstream(bus.nc))
  await kvm.create(RECEIVERS_BUCKET, { replicas: options.replicas, history: 1 })
  await kvm.create(ROUTERS_BUCKET, { replicas: options.replicas, history: 1, ttl: ROUTER_ENTRY_MS })
}

async function putMessages(manager: JetStreamManager, options: StreamOptions): Promise<void> {
  const existing = await find(manager, MESSAGES_STREAM)
  if (!existing) {
    await putStream(manager, messagesConfig(options))
    return
  }
  const partitions = existing.config.metadata?.[PARTITIONS_METADATA]
  if (partitions !== String(options.partitions)) {
    throw new BusUnfit(
      `${MESSAGES_STREAM} has ${partitions ?? 'no'} partitions and ${options.partitions} were asked for: their number is fixed when the stream is made`,
    )
  }
  // The epoch belongs to the log that is there; a new one is a decision of its own (`p2pmsg admin epoch`).
  const { first_seq: _, metadata: __, ...config } = messagesConfig(options)
  await manager.streams.update(MESSAGES_STREAM, { ...existing.config, ...config })
}

async function putStream(manager: JetStreamManager, config: NamedStream): Promise<void> {
  const existing = await find(manager, config.name)
  if (existing) await manager.streams.update(config.name, { ...existing.config, ...config })
  else await manager.streams.add(config)
}

async function find(manager: JetStreamManager, stream: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(stream)
  } catch (thrown) {
    if (thrown instanceof JetStreamApiError && thrown.code === JetStreamApiCodes.StreamNotFound) return undefined
    throw thrown
  }
}

async function putConsumer(manager: JetStreamManager, stream: string, config: Partial<ConsumerConfig>): Promise<void> {
  await manager.consumers.add(stream, config) // creates, or updates one that is there
}
