import { addressNodeId, bep42Id, fitsBep42, ID_BYTES, parseIp, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'

/** BEP 42, "example ids": address, last byte, the first 21 bits. */
const VECTORS = [
  ['124.31.75.21', 1, '5fbfb8'],
  ['21.75.31.124', 86, '5a3ce8'],
  ['65.23.51.170', 22, 'a5d430'],
  ['84.124.73.14', 65, '1b0320'],
  ['43.213.53.83', 90, 'e56f68'],
] as const

test.each(VECTORS)('the id for %s with last byte %i begins as the BEP says', (ip, last, prefix) => {
  const random = new Uint8Array(ID_BYTES)
  random[ID_BYTES - 1] = last
  const id = bep42Id(parseIp(ip) as Uint8Array, random)
  expect(toHex(id.subarray(0, 3))).toBe(prefix)
  expect(fitsBep42(id, parseIp(ip) as Uint8Array)).toBe(true)
  expect(fitsBep42(id, parseIp('8.8.8.8') as Uint8Array)).toBe(false)
})

test("a router's id fits its address, is the same at each start, and another for another port or cluster", () => {
  const [secret, ip] = [Buffer.alloc(32, 1), parseIp('203.0.113.7') as Uint8Array]
  const id = addressNodeId(secret, { ip, port: 1 })
  expect(fitsBep42(id, ip)).toBe(true)
  expect(addressNodeId(secret, { ip, port: 1 })).toEqual(id)
  const others = [addressNodeId(secret, { ip, port: 2 }), addressNodeId(Buffer.alloc(32, 2), { ip, port: 1 })]
  expect(new Set([id, ...others].map(toHex)).size).toBe(3)
})

test('any id fits a local address', () => {
  for (const ip of ['127.0.0.1', '10.1.2.3', '192.168.0.7', '172.31.0.1', '::1', 'fe80::1', 'fd00::1']) {
    expect(fitsBep42(new Uint8Array(ID_BYTES), parseIp(ip) as Uint8Array)).toBe(true)
  }
})

test('IPv6 addresses have ids of their own', () => {
  const [ip, other] = [parseIp('2a02::1'), parseIp('2a03::1')] as [Uint8Array, Uint8Array]
  const id = bep42Id(ip, new Uint8Array(ID_BYTES).fill(3))
  expect([fitsBep42(id, ip), fitsBep42(id, other)]).toEqual([true, false])
})
