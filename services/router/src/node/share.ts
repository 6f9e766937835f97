import { dht, equalBytes, type KademliaNode, type ReplicaRecord, snapshotWanted } from '@p2pmsg/protocol'
import type { Bus } from '@p2pmsg/runtime'
import { dhtShared } from '../events.ts'
import { loadSnapshot, SnapshotServer } from './snapshot.ts'

export type ShareParts = Readonly<{ bus: Bus; incarnation: Uint8Array; node: KademliaNode; now: () => number }>

/** Tells the other routers what a stranger has stored here. While the bus is away it stays here alone, until it is put again. */
export function tellOthers(bus: Bus, incarnation: Uint8Array): (record: ReplicaRecord) => void {
  return (record) => {
    if (bus.publish(dht, { incarnation, record })) dhtShared('sent')
  }
}

/**
 * Keeps what the other routers store, so that what was put at one is got from any: from now on as they tell it, from before as one
 * of them has it.
 * @param alone nobody is there to have anything
 */
export async function startSharing(parts: ShareParts, alone: boolean): Promise<Disposable> {
  const { bus, incarnation, node, now } = parts
  using started = new DisposableStack()
  started.defer(
    bus.subscribe(dht, ({ incarnation: by, record }) => {
      if (!equalBytes(by, incarnation)) dhtShared(node.storage.import(record, now()) ? 'received' : 'stale')
    }),
  )
  if (!alone) await loadSnapshot(parts)
  const server = new SnapshotServer(bus, node)
  started.defer(bus.subscribe(snapshotWanted, (to) => server.send(to), snapshotWanted.queue))
  return started.move()
}
