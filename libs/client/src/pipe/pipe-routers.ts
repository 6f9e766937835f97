import { type Endpoint, equalBytes, type PipeRouter, type ReceiverRecord, type UdpAddress } from '@p2pmsg/protocol'
import { Unreachable } from '../failures.ts'
import { addressesOf, formatUdp } from '../names.ts'

/** Addresses that a pipe is tried with. */
const ROUTERS_MAX = 16

/**
 * Where a receiver's pipes lead: the routers that its record names, and last the host of its address, which may be a node that
 * only knew the record.
 * @param alive who has just answered: of the record's routers the first to try
 * @returns none when the record has no pipe key, or no name in it has an address
 */
export async function pipeRoutersOf(
  record: ReceiverRecord,
  endpoint: Endpoint | undefined,
  alive: UdpAddress | undefined,
): Promise<PipeRouter[]> {
  const { pipeKey: key } = record
  if (!key) return []
  const named = (await Promise.all(record.endpoints.map(addressesOrNone))).flat()
  const isAlive = (address: UdpAddress) => alive?.port === address.port && equalBytes(alive.ip, address.ip)
  named.sort((a, b) => Number(isAlive(b)) - Number(isAlive(a)))
  const host = endpoint ? await addressesOrNone(endpoint) : []
  const unique = new Map([...named, ...host].map((address) => [formatUdp(address), address]))
  return [...unique.values()].slice(0, ROUTERS_MAX).map((address) => ({ address, key }))
}

async function addressesOrNone(endpoint: Endpoint): Promise<UdpAddress[]> {
  try {
    return await addressesOf(endpoint)
  } catch (error) {
    if (error instanceof Unreachable) return []
    throw error
  }
}
