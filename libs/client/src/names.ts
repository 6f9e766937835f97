import { lookup } from 'node:dns/promises'
import { type Endpoint, formatEndpoint, formatIp, parseIp, type UdpAddress } from '@p2pmsg/protocol'
import { Unreachable } from './failures.ts'

/** Addresses of one name that are tried. */
const ADDRESSES_MAX = 4

/** @throws {Unreachable} when the name has no address */
export async function addressesOf(endpoint: Endpoint): Promise<UdpAddress[]> {
  const literal = parseIp(endpoint.host)
  if (literal) return [{ ip: literal, port: endpoint.port }]
  try {
    const found = await lookup(endpoint.host, { all: true })
    return found.slice(0, ADDRESSES_MAX).flatMap(({ address }) => {
      const ip = parseIp(address)
      return ip ? [{ ip, port: endpoint.port }] : []
    })
  } catch (cause) {
    throw new Unreachable(`${formatEndpoint(endpoint)}: this name has no address`, { cause })
  }
}

/** `host:port`, with brackets where IPv6 wants them. */
export function formatUdp({ ip, port }: UdpAddress): string {
  return formatEndpoint({ host: formatIp(ip), port })
}
