import { EDGE_STREAM, INGEST_CONSUMER, RECEIVERS_BUCKET } from '@p2pmsg/protocol'
import {
  AckPublisher,
  connectBus,
  DurabilityProbe,
  gauge,
  Puller,
  type RunContext,
  readPartitions,
  type Service,
  watchBucket,
} from '@p2pmsg/runtime'
import { BlockWriter } from './block-writer.ts'
import type { Config } from './config.ts'
import { consume, type Stages } from './consume.ts'
import { Events } from './events.ts'
import { Intake } from './intake.ts'
import { Quarantine } from './quarantine.ts'
import { Receivers } from './receivers.ts'
import { RefusalLog } from './refusal-log.ts'
import { VerifyPool } from './verify-pool.ts'

/** Publishes that wait for the log: packs in hand, times partitions, and their refusals. */
const IN_FLIGHT_MAX = 4_096
/** The log acknowledges within milliseconds; after this a publish is tried again under the same id, milliseconds. */
const PUBLISH_MS_MAX = 2_000
/** How long an empty queue holds a pull open, milliseconds. */
const PULL_MS = 2_000

/** What a test may put in place of our own. */
export type IngestParts = Readonly<{
  /** Runs in the quarantine's process ({@link Quarantine}). */
  rehearsal?: URL
}>

/**
 * Packs in, blocks and verdicts out: pull → judge → verify → append → sign → tell → acknowledge. Any number of these share the work.
 * @throws {SetupMissing} @throws {BusUnfit} @throws {ConfigError}
 */
export async function startIngest(
  config: Config,
  { log, health }: RunContext,
  parts: IngestParts = {},
): Promise<Service> {
  await using started = new AsyncDisposableStack()
  const events = new Events(log)
  const stopping = new AbortController()
  const bus = started.use(await connectBus({ url: config.natsUrl, service: 'ingest', log }))
  const durability = started.use(new DurabilityProbe({ bus, monitorUrl: config.natsMonitorUrl, log }))
  await durability.reread()

  const partitions = await readPartitions(bus)
  const receivers = new Receivers(config.receiptKey.publicKey, partitions, events)
  const onPut = (name: string, bytes: Uint8Array) => receivers.put(name, bytes)
  const onDelete = (name: string) => receivers.delete(name)
  started.use(await watchBucket(bus, RECEIVERS_BUCKET, { onPut, onDelete }, log))

  const publisher = started.use(new AckPublisher(bus, { inFlightMax: IN_FLIGHT_MAX, timeoutMs: PUBLISH_MS_MAX }))
  const refusals = started.use(new RefusalLog(publisher, events))
  const quarantine = started.use(new Quarantine(events, parts.rehearsal))
  const pool = started.use(new VerifyPool({ threads: config.verifyThreads, events }))
  const writer = new BlockWriter({ bus, publisher, events, stopping: stopping.signal })
  const receiver = (key: Uint8Array) => receivers.get(key)
  const stages: Stages = {
    bus,
    judging: { receiver, maxAgeMs: config.maxAgeMs, verify: (batch) => pool.verify(batch) },
    quarantine,
    writer,
    signer: { receiptKey: config.receiptKey, durability: () => durability.current(), receiver },
    partitions,
    refusals,
    events,
  }
  const puller = started.use(new Puller(bus, { stream: EDGE_STREAM, consumer: INGEST_CONSUMER, expiresMs: PULL_MS }))
  const intake = started.use(
    new Intake({
      puller,
      consume: (delivery) => consume(delivery, stages),
      stalled: () => writer.stalled > 0,
      stopping,
      events,
    }),
  )

  health.ready('bus', () => bus.connected)
  gauge('ingest_packs_in_hand', 'Packs pulled and not yet acknowledged', () => intake.inHand)
  gauge('ingest_packs_in_hand_limit', 'Packs to have in hand at most, from how long they stay', () => intake.limit)
  gauge('ingest_blocks_stalled', 'Blocks that wait for the log to take them', () => writer.stalled)
  gauge('ingest_receivers', 'Receivers hosted', () => receivers.size)
  gauge('ingest_receivers_unsignable', 'Receivers whose receipts cannot be signed', () => receivers.unsignable)

  const open = started.move()
  return {
    drain: async () => {
      await intake.drain()
      await refusals.flush()
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
