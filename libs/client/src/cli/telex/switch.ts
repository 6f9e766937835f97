import { isIpv4, parseEndpoint, type UdpAddress } from '@p2pmsg/protocol'
import { Unreachable } from '../../failures.ts'
import { addressesOf } from '../../names.ts'
import { reachable } from '../../reachable.ts'
import type { Surroundings } from '../command.ts'
import { receiverAddress } from '../settings.ts'

/**
 * Which switch is meant: `host:port`, or the host of a receiver's address, by default the one that messages go to. IPv4, as 2011 knew
 * no other.
 * @throws {Unreachable} when there is no such address
 */
export async function switchAddress(to: string | undefined, env: Surroundings['env']): Promise<UdpAddress> {
  const direct = to === undefined ? undefined : parseEndpoint(to)
  const endpoint = direct ?? reachable(await receiverAddress(to, env)).endpoint
  const address = (await addressesOf(endpoint)).find(({ ip }) => isIpv4(ip))
  if (!address) throw new Unreachable(`${endpoint.host} has no IPv4 address, and Telehash v1 knows no other`)
  return address
}
