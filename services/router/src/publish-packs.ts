import { edge, formatPackId, type RefusalCode } from '@p2pmsg/protocol'
import { type AckPublisher, BusUnavailable, startSpan, traceparentOf } from '@p2pmsg/runtime'
import type { PackInFlight } from './edge/pack-in-flight.ts'
import type { Publish } from './edge/packer.ts'

/** A pack without an acknowledgement after this is taken for lost, milliseconds; its senders send again. */
export const ACK_MS_MAX = 5_000

/** @param code undefined = EDGE has stored the pack; else what its senders are told */
export type Settled = (pack: PackInFlight, code: RefusalCode | undefined) => void

/** Publishes packs to EDGE, under their ids, so that what is published twice is stored once. */
export function publishPacks(publisher: AckPublisher, settled: Settled): Publish {
  return (pack, id, bytes) => {
    const span = startSpan('publish edge.v1', {
      kind: 'producer',
      attributes: { 'messaging.destination.name': edge.name, 'messaging.batch.message_count': pack.size },
    })
    const options = { msgId: formatPackId(id), traceparent: traceparentOf(span) }
    void publisher
      .publish(edge.name, bytes, options)
      .then(
        () => undefined,
        // A bus that is away and one that is full differ in what an operator does; senders wait for either.
        (thrown: unknown) => (thrown instanceof BusUnavailable ? 'unavailable' : 'busy'),
      )
      .then((code) => {
        span.end()
        settled(pack, code)
      })
  }
}
