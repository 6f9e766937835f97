import { concat } from '../bytes/bytes.ts'
import { ID_BYTES } from '../kademlia/id.ts'

/** A UDP address: 16 bytes, IPv4 mapped as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that one type serves both families. */
export type UdpAddress = Readonly<{ ip: Uint8Array; port: number }>

/** A node as `nodes` and `nodes6` carry it (BEP 5, BEP 32). */
export type NodeContact = Readonly<{ id: Uint8Array; address: UdpAddress }>

export const IP_BYTES = 16
const IPV4_BYTES = 4
const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex')

export function isIpv4(ip: Uint8Array): boolean {
  for (let i = 0; i < MAPPED_PREFIX.length; i++) if (ip[i] !== MAPPED_PREFIX[i]) return false
  return true
}

/** 4 + 2 or 16 + 2 bytes. */
export function compactAddress({ ip, port }: UdpAddress): Uint8Array {
  const host = isIpv4(ip) ? ip.subarray(IP_BYTES - IPV4_BYTES) : ip
  return concat([host, Buffer.of(port >> 8, port & 255)])
}

/** @returns undefined unless there are 6 or 18 bytes */
export function parseCompactAddress(bytes: Uint8Array): UdpAddress | undefined {
  const hostBytes = bytes.length - 2
  if (hostBytes !== IPV4_BYTES && hostBytes !== IP_BYTES) return undefined
  const host = bytes.subarray(0, hostBytes)
  const port = ((bytes[hostBytes] as number) << 8) | (bytes[hostBytes + 1] as number)
  return { ip: hostBytes === IP_BYTES ? host : concat([MAPPED_PREFIX, host]), port }
}

/** 26 or 38 bytes each; all of one family, as `nodes` or `nodes6` wants. */
export function compactNodes(nodes: readonly NodeContact[]): Uint8Array {
  return concat(nodes.flatMap(({ id, address }) => [id, compactAddress(address)]))
}

/** Whole entries only; a rest at the end is ignored, as is an entry with port 0. @param family which list it came in */
export function parseCompactNodes(bytes: Uint8Array, family: 4 | 6): NodeContact[] {
  const hostBytes = family === 4 ? IPV4_BYTES : IP_BYTES
  const entry = ID_BYTES + hostBytes + 2
  const nodes: NodeContact[] = []
  for (let at = 0; at + entry <= bytes.length; at += entry) {
    const host = bytes.subarray(at + ID_BYTES, at + ID_BYTES + hostBytes)
    const ip = family === 4 ? concat([MAPPED_PREFIX, host]) : host
    const port = ((bytes[at + entry - 2] as number) << 8) | (bytes[at + entry - 1] as number)
    if (port !== 0) nodes.push({ id: bytes.subarray(at, at + ID_BYTES), address: { ip, port } })
  }
  return nodes
}
