import {
  DeliverPolicy,
  JetStreamApiError,
  type JsMsg,
  jetstream,
  jetstreamManager,
  type StreamInfo,
} from '@nats-io/jetstream'
import { MESSAGES_STREAM, PARTITIONS_MAX, PARTITIONS_METADATA } from '@p2pmsg/protocol'
import { backoffMs, sleep } from '../backoff.ts'
import { BusUnavailable, reasonOf, SetupMissing } from '../failures.ts'
import { TRACEPARENT } from '../tracing.ts'
import type { Bus } from './connect.ts'

/** @throws {SetupMissing} there is no such stream @throws {BusUnavailable} */
export async function streamInfo(bus: Bus, stream: string): Promise<StreamInfo> {
  try {
    const manager = await jetstreamManager(bus.nc, { checkAPI: false })
    return await manager.streams.info(stream)
  } catch (cause) {
    if (cause instanceof JetStreamApiError) {
      throw new SetupMissing(`stream ${stream}: ${cause.message}; run \`p2pmsg admin setup\``, { cause })
    }
    throw new BusUnavailable(`stream ${stream}: ${reasonOf(cause)}`, { cause })
  }
}

/** Waits for a stream that the setup job is about to make. */
const TRIES_MAX = 60
const TRY_LAST_MS = 2_000

/** @throws {SetupMissing} it does not appear */
export async function awaitStream(bus: Bus, stream: string): Promise<StreamInfo> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await streamInfo(bus, stream)
    } catch (thrown) {
      if (attempt >= TRIES_MAX) throw thrown
      await sleep(backoffMs(attempt, TRY_LAST_MS))
    }
  }
}

/** How many partitions MESSAGES was made with. @throws {SetupMissing} its metadata does not say */
export async function readPartitions(bus: Bus): Promise<number> {
  const { config } = await awaitStream(bus, MESSAGES_STREAM)
  const partitions = Number(config.metadata?.[PARTITIONS_METADATA])
  if (Number.isInteger(partitions) && partitions >= 1 && partitions <= PARTITIONS_MAX) return partitions
  throw new SetupMissing(`stream ${MESSAGES_STREAM} does not say its number of partitions; run \`p2pmsg admin setup\``)
}

export type StreamRecord = Readonly<{
  seq: number
  subject: string
  data: Uint8Array
  /** The W3C trace context that its publisher sent along. */
  traceparent?: string | undefined
}>

/** One record by its sequence; undefined when it is not there (any more). @throws {BusUnavailable} */
export async function directGet(bus: Bus, stream: string, seq: number): Promise<StreamRecord | undefined> {
  try {
    const manager = await jetstreamManager(bus.nc, { checkAPI: false })
    const message = await manager.direct.getMessage(stream, { seq })
    return message ? { seq: message.seq, subject: message.subject, data: message.data } : undefined
  } catch (cause) {
    throw new BusUnavailable(`record ${seq} of ${stream}: ${reasonOf(cause)}`, { cause })
  }
}

/** Records asked for ahead of the reader. */
const READ_AHEAD = 256

/** A reader of a stream in order, from one sequence on, for as long as it is not disposed. */
export type OrderedReader = AsyncIterable<StreamRecord> & Disposable

/**
 * An ephemeral ordered consumer: what it gives comes in order, each once; it makes itself anew after a loss. Acknowledgements
 * play no part.
 * @param startSeq first sequence wanted; records that are gone are passed over
 */
export async function readOrdered(
  bus: Bus,
  options: Readonly<{ stream: string; subject: string; startSeq: number }>,
): Promise<OrderedReader> {
  try {
    const consumer = await jetstream(bus.nc, { checkAPI: false }).consumers.get(options.stream, {
      filter_subjects: options.subject,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: options.startSeq,
    })
    const records = await consumer.consume({ max_messages: READ_AHEAD })
    return {
      [Symbol.asyncIterator]: () => toRecords(records),
      [Symbol.dispose]: () => records.stop(),
    }
  } catch (cause) {
    throw new BusUnavailable(`cannot read ${options.subject}: ${reasonOf(cause)}`, { cause })
  }
}

async function* toRecords(records: AsyncIterable<JsMsg>): AsyncGenerator<StreamRecord> {
  for await (const { seq, subject, data, headers } of records) {
    yield { seq, subject, data, traceparent: headers?.get(TRACEPARENT) || undefined }
  }
}

/** Removes every record below `seq`. @throws {BusUnavailable} */
export async function purgeBelow(bus: Bus, stream: string, seq: number): Promise<number> {
  try {
    const manager = await jetstreamManager(bus.nc, { checkAPI: false })
    const { purged } = await manager.streams.purge(stream, { seq })
    return purged
  } catch (cause) {
    throw new BusUnavailable(`cannot purge ${stream}: ${reasonOf(cause)}`, { cause })
  }
}
