import { createHmac } from 'node:crypto'
import { isIpv4, type UdpAddress } from '../krpc/compact.ts'
import { isLocal } from './address-key.ts'
import { ID_BYTES } from './id.ts'

/** BEP 42: which bits of an address decide a node's id, so that nobody chooses a place in the id space at will. */
const MASK_V4 = [0x03, 0x0f, 0x3f, 0xff]
const MASK_V6 = [0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff]

/**
 * An id that fits an address by BEP 42.
 * @param ip 16 bytes, IPv4 mapped @param random 20 random bytes; the last one becomes the id's last
 */
export function bep42Id(ip: Uint8Array, random: Uint8Array): Uint8Array {
  const id = Uint8Array.from(random.subarray(0, ID_BYTES))
  const prefix = prefixFor(ip, id[ID_BYTES - 1] as number)
  id[0] = prefix >>> 24
  id[1] = (prefix >>> 16) & 255
  id[2] = ((prefix >>> 8) & 0xf8) | ((random[2] as number) & 7)
  return id
}

/**
 * The id of a router with an address of its own: it fits the address, stays the same from start to start, and only who holds the
 * cluster's secret could have computed it.
 * @param secret 16 bytes or more
 */
export function addressNodeId(secret: Uint8Array, { ip, port }: UdpAddress): Uint8Array {
  return bep42Id(ip, createHmac('sha1', secret).update('address-node-id').update(ip).update(String(port)).digest())
}

/** Whether an id's first 21 bits fit its address; local addresses are exempt. */
export function fitsBep42(id: Uint8Array, ip: Uint8Array): boolean {
  if (isLocal(ip)) return true
  const prefix = prefixFor(ip, id[ID_BYTES - 1] as number)
  return (
    id[0] === prefix >>> 24 &&
    id[1] === ((prefix >>> 16) & 255) &&
    ((id[2] as number) & 0xf8) === ((prefix >>> 8) & 0xf8)
  )
}

function prefixFor(ip: Uint8Array, last: number): number {
  const mask = isIpv4(ip) ? MASK_V4 : MASK_V6
  const host = isIpv4(ip) ? ip.subarray(12) : ip
  const masked = Uint8Array.from(mask, (bits, i) => (host[i] as number) & bits)
  masked[0] = (masked[0] as number) | ((last & 7) << 5)
  return crc32c(masked)
}

/** CRC-32C (Castagnoli), reflected polynomial (RFC 3720 §12.1). Eight bytes at most: no table is needed. */
const POLYNOMIAL = 0x82f63b78

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  }
  return ~crc >>> 0
}
