import { isIpv4, isLocal, parseIp, type UdpAddress } from '@p2pmsg/protocol'

/** Contacts of one network in a DHT that is all one's own. */
const OWN_PREFIX_MAX = 64

/** What a socket has that is bound to this address (BEP 32: each family is a network of its own). @param host '' = both */
export function familiesOf(host: string): readonly (4 | 6)[] {
  const ip = parseIp(host)
  return ip ? [isIpv4(ip) ? 4 : 6] : [4, 6]
}

/** Tables and lookups spread over networks, so that a stranger with one cannot fill them; in a network of one's own they need not. */
export function spread(bootstrap: readonly UdpAddress[]): { perPrefixMax?: number } {
  return bootstrap.every(({ ip }) => isLocal(ip)) ? { perPrefixMax: OWN_PREFIX_MAX } : {}
}
