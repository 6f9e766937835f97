import {
  type EntryDraft,
  type EntryFault,
  encodeEntry,
  entryName,
  type Parsed,
  parseEntry,
  RECEIVERS_BUCKET,
  type ReceiverEntry,
} from '@p2pmsg/protocol'
import { type Bus, openBucket } from '@p2pmsg/runtime'

/** Hosts a receiver, or changes one that is hosted. Routers and ingests follow within moments. */
export async function putReceiver(bus: Bus, entry: EntryDraft): Promise<void> {
  const bucket = await openBucket(bus, RECEIVERS_BUCKET)
  await bucket.put(entryName(entry.item.key), encodeEntry(entry))
}

/** Stops hosting a receiver: what was accepted stays readable in the store, nothing new is taken. */
export async function removeReceiver(bus: Bus, receiver: Uint8Array): Promise<void> {
  const bucket = await openBucket(bus, RECEIVERS_BUCKET)
  await bucket.delete(entryName(receiver))
}

export type ListedReceiver = Readonly<{ name: string; entry: Parsed<ReceiverEntry, EntryFault> }>

/** Every entry, those that do not parse too. */
export async function listReceivers(bus: Bus): Promise<ListedReceiver[]> {
  const bucket = await openBucket(bus, RECEIVERS_BUCKET)
  const listed: ListedReceiver[] = []
  for await (const name of await bucket.keys()) {
    const entry = await bucket.get(name)
    if (entry?.operation === 'PUT') listed.push({ name, entry: parseEntry(name, entry.value) })
  }
  return listed
}
