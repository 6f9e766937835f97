import {
  AckPolicy,
  type ConsumerConfig,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import {
  DUPLICATE_WINDOW_MS,
  EDGE_STREAM,
  EPOCH_METADATA,
  EPOCH_SEQUENCES,
  edge,
  INGEST_CONSUMER,
  MESSAGES_STREAM,
  messages,
  PARTITIONS_METADATA,
  REFUSED_CONSUMER,
  REFUSED_STREAM,
  refused,
} from '@p2pmsg/protocol'
import { nanos } from 'nats'

/** What an operator decides about the log; the rest follows from the design. */
export type StreamOptions = Readonly<{
  partitions: number
  replicas: number
  epoch: number
  /** Most bytes that wait to be judged; beyond, the edge says `busy`. */
  edgeBytesMax: number
  /** Most bytes of the log; the store trims it long before. Beyond, the edge says `busy`. */
  messagesBytesMax: number
  refusedBytesMax: number
}>

/** A pack that ingest holds without a word for this long goes to another, milliseconds. */
const ACK_WAIT_MS = 5_000
/** Packs in hand of all ingests together. */
const ACK_PENDING_MAX = 4_096
/** Refusals are kept for this long, milliseconds. */
const REFUSED_MS = 30 * 24 * 3600 * 1000

export type NamedStream = Partial<StreamConfig> & { name: string; subjects: string[] }

export function edgeConfig(options: StreamOptions): NamedStream {
  return {
    name: EDGE_STREAM,
    subjects: [edge.name],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    num_replicas: options.replicas,
    max_bytes: options.edgeBytesMax,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  }
}

/** No max age: nothing that was accepted is dropped before Postgres has it. `first_seq` makes the epoch part of every position. */
export function messagesConfig(options: StreamOptions): NamedStream {
  return {
    name: MESSAGES_STREAM,
    subjects: [messages.wildcard],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    num_replicas: options.replicas,
    max_bytes: options.messagesBytesMax,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    allow_direct: true,
    first_seq: options.epoch * EPOCH_SEQUENCES,
    metadata: { [PARTITIONS_METADATA]: String(options.partitions), [EPOCH_METADATA]: String(options.epoch) },
  }
}

export function refusedConfig(options: StreamOptions): NamedStream {
  return {
    name: REFUSED_STREAM,
    subjects: [refused.name],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    num_replicas: options.replicas,
    max_bytes: options.refusedBytesMax,
    max_age: nanos(REFUSED_MS),
  }
}

/** No delivery limit and no backoff: a pack is judged, however often that takes. */
export function ingestConsumer(): Partial<ConsumerConfig> {
  return {
    durable_name: INGEST_CONSUMER,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_deliver: -1,
    max_ack_pending: ACK_PENDING_MAX,
  }
}

export function refusedConsumer(): Partial<ConsumerConfig> {
  return { ...ingestConsumer(), durable_name: REFUSED_CONSUMER }
}
