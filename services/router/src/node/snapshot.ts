import { type KademliaNode, snapshotParts, snapshots, snapshotWanted } from '@p2pmsg/protocol'
import type { Bus } from '@p2pmsg/runtime'
import { dhtShared, snapshotEnded } from '../events.ts'
import type { ShareParts } from './share.ts'

/** A sibling that says nothing for this long has nothing, or is gone, milliseconds. */
const IDLE_MS = 1_000
/** A start is not held up for longer than this, milliseconds: what has not come by then is put again within the hour. */
const LOAD_MS_MAX = 10_000
/** What is sent of one snapshot, bytes: some 60,000 items of 1,000 bytes. */
const SNAPSHOT_BYTES_MAX = 64 << 20
/** Snapshots that one router sends at a time. */
const SENDING_MAX = 2

/** Takes over what a sibling holds for strangers. Ends when that is all here, or the sibling is silent, or it takes too long. */
export async function loadSnapshot({ bus, incarnation, node, now }: ShareParts): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<'complete' | 'silent' | 'late'>()
  let silent = setTimeout(end, IDLE_MS, 'silent')
  const late = setTimeout(end, LOAD_MS_MAX, 'late')
  const stop = bus.subscribe(snapshots.of(incarnation), (records) => {
    clearTimeout(silent)
    if (records.length === 0) return end('complete')
    silent = setTimeout(end, IDLE_MS, 'silent')
    for (const record of records) if (node.storage.import(record, now())) dhtShared('received')
  })
  bus.publish(snapshotWanted, incarnation)
  snapshotEnded(await ended)
  stop()
  clearTimeout(silent)
  clearTimeout(late)
}

/** Sends snapshots to routers that start. */
export class SnapshotServer {
  readonly #bus: Bus
  readonly #node: KademliaNode
  #sending = 0

  constructor(bus: Bus, node: KademliaNode) {
    this.#bus = bus
    this.#node = node
  }

  /** @param to the incarnation of the router that wants it */
  send(to: Uint8Array): void {
    if (this.#sending >= SENDING_MAX) return snapshotEnded('busy')
    this.#sending++
    this.#send(to)
      .then(snapshotEnded, () => snapshotEnded('broken'))
      .finally(() => this.#sending--)
  }

  async #send(to: Uint8Array): Promise<'sent' | 'cut' | 'broken'> {
    const subject = snapshots.of(to)
    let bytes = 0
    for (const part of snapshotParts(this.#node.storage.export())) {
      const encoded = subject.encode(part)
      bytes += encoded.length
      if (bytes > SNAPSHOT_BYTES_MAX) break
      if (!this.#bus.publishBytes(subject.name, encoded)) return 'broken'
      await this.#bus.nc.flush() // one part at a time: messages go over the same connection
    }
    if (!this.#bus.publish(subject, [])) return 'broken'
    return bytes > SNAPSHOT_BYTES_MAX ? 'cut' : 'sent'
  }
}
