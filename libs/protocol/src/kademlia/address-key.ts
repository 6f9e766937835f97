import { IP_BYTES, isIpv4, type UdpAddress } from '../krpc/compact.ts'

/** A UDP address or a network as a Map's key: a number for IPv4 (below 2^48, exact), text for IPv6. */
export type AddressKey = number | string

/** Equal for equal addresses. */
export function addressKey({ ip, port }: UdpAddress): AddressKey {
  return isIpv4(ip) ? ipv4Number(ip) * 65_536 + port : latin1(ip, IP_BYTES) + String.fromCharCode(port)
}

/** IPv6 prefix that one customer commonly has, bytes: /56. */
const PREFIX_BYTES_V6 = 7

/**
 * The network that one party is assumed to control: /24 of IPv4, /56 of IPv6. Limits count by it, since addresses within it
 * cost nothing.
 */
export function prefixKey(ip: Uint8Array): AddressKey {
  return isIpv4(ip) ? ipv4Number(ip) >>> 8 : latin1(ip, PREFIX_BYTES_V6)
}

/** 20 bytes as a Map's key. */
export function idKey(id: Uint8Array): string {
  return latin1(id, id.length)
}

export function familyOf({ ip }: UdpAddress): 4 | 6 {
  return isIpv4(ip) ? 4 : 6
}

/** Addresses that nobody routes: loopback, RFC 1918, link-local, RFC 4193. BEP 42 exempts them. */
export function isLocal(ip: Uint8Array): boolean {
  if (!isIpv4(ip)) {
    const first = ip[0] as number
    if ((first & 0xfe) === 0xfc || (first === 0xfe && ((ip[1] as number) & 0xc0) === 0x80)) return true
    return ip.subarray(0, 15).every((byte) => byte === 0)
  }
  const [a, b] = [ip[12] as number, ip[13] as number]
  if (a === 127 || a === 10 || (a === 192 && b === 168) || (a === 169 && b === 254)) return true
  return a === 172 && b >= 16 && b < 32
}

function ipv4Number(ip: Uint8Array): number {
  return (
    (((ip[12] as number) << 24) | ((ip[13] as number) << 16) | ((ip[14] as number) << 8) | (ip[15] as number)) >>> 0
  )
}

/** Of any bytes: a Buffer made for the sake of its text would cost more than the text. */
const { latin1Slice } = Buffer.prototype

function latin1(bytes: Uint8Array, length: number): string {
  return latin1Slice.call(bytes, 0, length)
}
