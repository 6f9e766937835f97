import { DUPLICATE_WINDOW_MS, type Pack, parsePack, verdicts } from '@p2pmsg/protocol'
import { type Bus, type Delivery, startSpan, traceparentOf, withSpan } from '@p2pmsg/runtime'
import type { BlockWriter } from './block-writer.ts'
import { blocksOf } from './blocks.ts'
import { claimsOf, withoutFinalRefusals } from './claims.ts'
import type { Events } from './events.ts'
import { type JudgedPack, type JudgeOptions, judgePack } from './judge-pack.ts'
import type { Quarantine } from './quarantine.ts'
import { type ReceiptSigner, receiptsOf } from './receipts.ts'
import type { RefusalLog } from './refusal-log.ts'
import { verdictsOf } from './verdicts.ts'
import { BatchLost } from './verify-pool.ts'

/** A pack that comes for the third time may have ended two judges. */
const SUSPECT_DELIVERIES = 3
/** What is younger is surely within the log's memory of publish ids, whatever the clocks of router and ingest say, milliseconds. */
const REMEMBERED_MS = DUPLICATE_WINDOW_MS - 60_000
const NO_POISON: ReadonlySet<number> = new Set()

export type Stages = Readonly<{
  bus: Bus
  judging: JudgeOptions
  quarantine: Quarantine
  writer: BlockWriter
  signer: ReceiptSigner
  /** Of MESSAGES. */
  partitions: number
  refusals: RefusalLog
  events: Events
}>

/**
 * One pack from the queue to its verdicts. Ack: the log has it and the senders are told. Term: it will never parse. Throwing a
 * Failure leaves it to be delivered again.
 */
export async function consume(delivery: Delivery, stages: Stages): Promise<void> {
  const pack = parsePack(delivery.data)
  if (!pack.ok) {
    stages.events.pack('bad-pack')
    return delivery.term()
  }
  const attributes = {
    'messaging.operation.name': 'judge',
    'messaging.batch.message_count': pack.value.envelopes.length,
  }
  const span = startSpan('judge pack', { links: [delivery.traceparent], kind: 'consumer', attributes })
  await withSpan(span, () => finish(pack.value, delivery, stages, traceparentOf(span)))
}

async function finish(pack: Pack, delivery: Delivery, stages: Stages, traceparent: string): Promise<void> {
  const { bus, writer, signer, refusals, events } = stages
  const now = Date.now()
  const { judged, claimed } = claims(await judgeSafely(pack, delivery.delivered, stages), delivery, stages, now)
  const blocks = blocksOf(judged, claimed)
  const written = await Promise.all(blocks.map((block) => writer.write(block, traceparent)))
  const stored = written.filter((block) => block !== undefined)
  const lost = blocks.filter((_, i) => written[i] === undefined)
  const verdict = verdictsOf(
    judged,
    stored,
    stored.flatMap((block) => receiptsOf(block, signer, Date.now())),
    lost,
  )
  bus.publish(verdicts.of(pack.id.incarnation), verdict)
  events.judged(
    verdict.accepted.length,
    verdict.refused.map(({ code }) => code),
  )
  await refusals.write(
    pack.id,
    verdict.refused.flatMap(({ packIndex, code }) => {
      const envelope = pack.envelopes[packIndex]
      return envelope ? [{ code, envelope }] : []
    }),
  )
  delivery.ack()
  events.pack('done')
}

/** A pack that comes for the first time has no earlier judge, so its refusals cost nothing. */
function claims(judged: JudgedPack, { delivered }: Delivery, { partitions }: Stages, nowMs: number) {
  if (delivered === 1) return { judged, claimed: undefined }
  const receivedMs = judged.pack.envelopes[0]?.receivedMs ?? nowMs
  return claimsOf(nowMs - receivedMs < REMEMBERED_MS ? judged : withoutFinalRefusals(judged), partitions)
}

/** Judges a pack; one that has ended judges before, or ends verify threads now, goes through the quarantine first. */
async function judgeSafely(pack: Pack, delivered: number, stages: Stages): Promise<JudgedPack> {
  const { judging } = stages
  if (delivered >= SUSPECT_DELIVERIES) return judgePack(pack, await rehearse(pack, delivered, stages), judging)
  try {
    return await judgePack(pack, NO_POISON, judging)
  } catch (thrown) {
    if (!(thrown instanceof BatchLost)) throw thrown
    return judgePack(pack, await rehearse(pack, delivered, stages), judging)
  }
}

function rehearse(pack: Pack, delivered: number, { quarantine, events }: Stages): Promise<ReadonlySet<number>> {
  events.rehearsing(delivered)
  return quarantine.rehearse(pack.envelopes)
}
