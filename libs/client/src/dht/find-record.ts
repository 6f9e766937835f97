import {
  type Endpoint,
  type Found,
  type Hop,
  type Item,
  isSigned,
  openRecord,
  RECORD_SALT,
  type ReceiverRecord,
  recordTarget,
  toZBase32,
} from '@p2pmsg/protocol'
import { NoRecord } from '../failures.ts'
import { PUBLIC_BOOTSTRAP } from './bootstrap-nodes.ts'
import { DhtClient } from './dht-client.ts'
import { RecordCache } from './record-cache.ts'

/** How a receiver is found by its key alone. */
export type DhtOptions = Readonly<{
  /** Nodes of the DHT to begin with; default: well-known ones of the public Mainline DHT. */
  bootstrap?: readonly Endpoint[]
  /** Where records that were found are kept for the next run; default: in memory alone. */
  cacheFolder?: string
}>

export type FindOptions = DhtOptions &
  Readonly<{
    /** Looks in the DHT even if the record is remembered. */
    fresh?: boolean
    /** Local address to ask from. */
    host?: string
    signal?: AbortSignal
    onHop?: (hop: Hop) => void
  }>

export type FoundRecord = Readonly<{
  record: ReceiverRecord
  item: Item
  /** The lookup; undefined when the record was remembered. */
  lookup: Found | undefined
}>

/** Shared by all lookups of this process that name no folder. */
const remembered = new RecordCache()

/**
 * Finds a receiver's record by its key alone: an iterative lookup of SHA-1(key ‖ "p2pmsg") in the DHT (BEP 44), of whose answers
 * the newest that the receiver signed counts, or a newer one that an earlier lookup found.
 * @throws {Unreachable} no bootstrap node answers; {NoRecord} nobody has one that is still good; or the signal's reason
 */
export async function findRecord(receiver: Uint8Array, options: FindOptions = {}): Promise<FoundRecord> {
  const { bootstrap = PUBLIC_BOOTSTRAP, cacheFolder, fresh = false, ...asking } = options
  const cache = cacheFolder === undefined ? remembered : new RecordCache(cacheFolder)
  const known = fresh ? undefined : await cache.find(receiver, Date.now())
  const record = known && openRecord(known)
  if (known && record?.ok && !isOver(record.value)) return { record: record.value, item: known, lookup: undefined }
  await using dht = await DhtClient.start({ bootstrap, ...asking })
  const lookup = await dht.get(recordTarget(receiver), RECORD_SALT)
  const who = `p2pmsg://${toZBase32(receiver)}`
  const { item, answers } = lookup
  if (!item || !isSigned(item)) throw new NoRecord(`none of ${answers} DHT nodes near it has a record of ${who}`)
  const found = recordIn(item, who)
  const newest = await cache.keep(found.item, Date.now())
  return { ...(newest === found.item ? found : recordIn(newest, who)), lookup }
}

function recordIn(item: Item, who: string): { record: ReceiverRecord; item: Item } {
  const record = openRecord(item)
  if (!record.ok) throw new NoRecord(`what ${who} has signed in the DHT is no record`)
  if (isOver(record.value))
    throw new NoRecord(
      `the record of ${who} in the DHT expired on ${new Date(record.value.expires * 1000).toISOString()}`,
    )
  return { record: record.value, item }
}

function isOver({ expires }: ReceiverRecord): boolean {
  return expires * 1000 < Date.now()
}
