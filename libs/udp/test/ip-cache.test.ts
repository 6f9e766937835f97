import { formatIp } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { IpCache } from '../src/ip-cache.ts'

test('text comes back as it came, zone included', () => {
  const cache = new IpCache()
  for (const text of ['192.0.2.7', '2001:db8::1', 'fe80::1%lo']) {
    expect(cache.textOf(cache.bytesOf(text))).toBe(text)
  }
})

test('bytes from elsewhere are printed', () => {
  const cache = new IpCache()
  expect(cache.textOf(Buffer.from('00000000000000000000ffffc0000207', 'hex'))).toBe('192.0.2.7')
})

test('a flood of sources pushes nobody out who goes on sending', () => {
  const cache = new IpCache()
  const steady = cache.bytesOf('192.0.2.1')
  for (let i = 0; i < 100_000; i++) {
    const text = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`
    expect(formatIp(cache.bytesOf(text))).toBe(text)
    if (i % 1000 === 0) expect(cache.bytesOf('192.0.2.1')).toBe(steady)
  }
})
