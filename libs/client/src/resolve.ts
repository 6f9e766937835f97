import { type Address, formatEndpoint, type Item, type ReceiverRecord, type UdpAddress } from '@p2pmsg/protocol'
import { type DhtOptions, findRecord } from './dht/find-record.ts'
import { NoRecord, Unreachable } from './failures.ts'
import { fetchRecord } from './fetch-record.ts'
import { firstAnswer } from './first-answer.ts'
import { KrpcSocket } from './krpc/krpc-socket.ts'
import { addressesOf } from './names.ts'
import { readAddress } from './reachable.ts'

export type Resolved = Readonly<{
  address: Address
  record: ReceiverRecord
  /** The record as its receiver signed it. */
  item: Item
  /** The router that had it; undefined when the DHT did. */
  from: UdpAddress | undefined
}>

/**
 * Fetches a receiver's record: from the router that its address names, or by its key alone from the DHT.
 * @param dht how the latter is done; `fresh`: not from memory
 * @returns a record that the receiver's key signed and that has not expired
 * @throws {BadAddress}, {Unreachable}, {NoRecord}, or the signal's reason
 */
export async function resolve(
  given: string | Address,
  signal: AbortSignal = new AbortController().signal,
  dht: DhtOptions & Readonly<{ fresh?: boolean }> = {},
): Promise<Resolved> {
  const address = typeof given === 'string' ? readAddress(given) : given
  const { endpoint, receiver } = address
  if (!endpoint) {
    const { record, item } = await findRecord(receiver, { ...dht, signal })
    return { address, record, item, from: undefined }
  }
  const candidates = await addressesOf(endpoint)
  await using socket = await KrpcSocket.open()
  const ask = (to: (typeof candidates)[number], scope: AbortSignal) => fetchRecord(socket, to, receiver, scope)
  const answer = await firstAnswer(candidates, ask, signal)
  const at = formatEndpoint(endpoint)
  if (!answer) throw new Unreachable(`no router answers at ${at}`)
  const { record, item, from } = answer
  if (!record || !item) throw new NoRecord(`the router at ${at} has no record that this receiver signed`)
  if (record.expires * 1000 < Date.now())
    throw new NoRecord(`the record at ${at} expired on ${new Date(record.expires * 1000).toISOString()}`)
  return { address, record, item, from }
}
