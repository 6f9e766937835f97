import { isIpv4, parseIp, type UdpAddress } from '@p2pmsg/protocol'

/** An address of the virtual network. @param ip as people write it */
export function address(ip: string, port: number): UdpAddress {
  const bytes = parseIp(ip)
  if (!bytes) throw new RangeError(`no IP address: ${ip}`)
  return { ip: bytes, port }
}

/** The nth public address, each in a network of its own: 5.0.0.1, 5.0.1.1 and so on. */
export function publicAddress(n: number, port = 6881): UdpAddress {
  return address(`${5 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.1`, port)
}

/** The nth public IPv6 address, each in a /32 of its own. */
export function publicAddress6(n: number, port = 6881): UdpAddress {
  return address(`2a00:${n.toString(16)}::1`, port)
}

/** As a Map's key. */
export function addressText({ ip, port }: UdpAddress): string {
  const host = isIpv4(ip) ? ip.subarray(12) : ip
  return `${Buffer.from(host).toString('latin1')}${String.fromCharCode(port)}`
}
