import { createHash } from 'node:crypto'
import { IP_BYTES, isIpv4, type UdpAddress } from '../krpc/compact.ts'
import { formatIp, parseIp } from '../krpc/ip.ts'

/** A switch's address as its id is made from it: `192.0.2.1:42424`; IPv6, which no program of 2011 knows, in brackets. */
export function formatSwitch({ ip, port }: UdpAddress): string {
  return isIpv4(ip) ? `${formatIp(ip)}:${port}` : `[${formatIp(ip)}]:${port}`
}

/** SHA-1 of the address in text, 20 bytes: a switch's place in the space. */
export function switchId(address: string): Uint8Array {
  return createHash('sha1').update(address).digest()
}

const ADDRESS = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/

/** IPv4 alone, as `.see` and `+pop` carry it; never a name: 2011's seeds looked names up and stood still while they did. */
export function parseSwitch(text: string): UdpAddress | undefined {
  const [, host = '', digits = ''] = ADDRESS.exec(text) ?? []
  const ip = parseIp(host)
  const port = Number(digits)
  return ip && port >= 1 && port <= 65_535 ? { ip, port } : undefined
}

const POP = /^th:(.+)$/

/** The address in `+pop`. */
export function parsePop(text: string): UdpAddress | undefined {
  const [, address] = POP.exec(text) ?? []
  return address === undefined ? undefined : parseSwitch(address)
}

/** IPv4 blocks that are nobody's public address (RFC 6890): first address, prefix length. Never contacted, never handed out. */
const NEVER: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3], // multicast, reserved, broadcast
]
/** Blocks of local networks: only where the configuration says that the router serves one. */
const LOCAL: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
]

/** Whether an address that somebody else names may be contacted or handed out. */
export function isContactable({ ip }: UdpAddress, localNetwork: boolean): boolean {
  if (!isIpv4(ip)) return false
  const within = ([first, bits]: readonly [string, number]) =>
    numberOfIp(ip) >>> (32 - bits) === numberOfIp(parseIp(first) as Uint8Array) >>> (32 - bits)
  return !NEVER.some(within) && (localNetwork || !LOCAL.some(within))
}

function numberOfIp(ip: Uint8Array): number {
  return new DataView(ip.buffer, ip.byteOffset, IP_BYTES).getUint32(IP_BYTES - 4)
}

/** What shares a budget: a /24 of IPv4, a /56 of IPv6. */
export function prefixOf(ip: Uint8Array): string {
  return Buffer.from(ip.subarray(0, isIpv4(ip) ? 15 : 7)).toString('latin1')
}
