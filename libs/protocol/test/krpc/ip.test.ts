import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, toHex } from '../../src/bytes/bytes.ts'
import { compactAddress, compactNodes, isIpv4, parseCompactNodes } from '../../src/krpc/compact.ts'
import { formatIp, parseIp } from '../../src/krpc/ip.ts'
import { bytesOf, plain, runs } from '../made.ts'

const MAPPED = '00000000000000000000ffff'

describe('text', () => {
  test.each([
    ['0.0.0.0', `${MAPPED}00000000`],
    ['192.0.2.1', `${MAPPED}c0000201`],
    ['255.255.255.255', `${MAPPED}ffffffff`],
    ['::ffff:192.0.2.1', `${MAPPED}c0000201`],
    ['::FFFF:c000:201', `${MAPPED}c0000201`],
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['2001:db8::', `20010db8${'00'.repeat(12)}`],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
    ['1::8', '00010000000000000000000000000008'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ])('%s', (text, hex) => {
    expect(toHex(parseIp(text) ?? Buffer.of())).toBe(hex)
  })

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.-4',
    '1.2.3.4 ',
    ':',
    ':::',
    '1:2',
    '1::2::3',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    'localhost',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined()
  })

  test('what Node calls an address is one, and nothing else is', () => {
    const group = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16)),
      fc.constantFrom('', '', '0', '00', '12345', '1.2.3.4', '256.0.0.1', '01.1.1.1', 'g'),
    )
    const v6 = fc.array(group, { maxLength: 9 }).map((groups) => groups.join(':'))
    const v4 = fc.array(fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '1e1')), { maxLength: 5 })
    fc.assert(
      fc.property(
        fc.oneof(
          v6,
          v4.map((octets) => octets.join('.')),
          fc.string({ maxLength: 20 }),
        ),
        (text) => {
          fc.pre(!text.includes('%'))
          expect(parseIp(text) !== undefined).toBe(isIPv4(text) || isIPv6(text))
        },
      ),
      { numRuns: runs(3_000, 100_000) },
    )
  })

  test('any address comes back from its text, which Node takes for the same one', () => {
    fc.assert(
      fc.property(bytesOf(16), fc.boolean(), (bytes, four) => {
        const ip = four ? concat([Buffer.from(MAPPED, 'hex'), bytes.subarray(12)]) : bytes
        const text = formatIp(ip)
        expect(toHex(parseIp(text) ?? Buffer.of())).toBe(toHex(ip))
        const family = isIpv4(ip) ? 'ipv4' : 'ipv6'
        const list = new BlockList()
        list.addAddress(new SocketAddress({ address: text, family }))
        expect(list.check(text, family)).toBe(true)
      }),
    )
  })
})

describe('compact', () => {
  const four = { ip: parseIp('192.0.2.1') ?? Buffer.of(), port: 0x1234 }
  const six = { ip: parseIp('2001:db8::1') ?? Buffer.of(), port: 0x1234 }
  const id = Buffer.alloc(20, 7)

  test('addresses have 6 or 18 bytes', () => {
    expect(toHex(compactAddress(four))).toBe('c00002011234')
    expect(toHex(compactAddress(six))).toBe('20010db80000000000000000000000011234')
  })

  test.each([
    [4, four, 26],
    [6, six, 38],
  ] as const)('nodes of family %i come back', (family, address, bytes) => {
    const nodes = [
      { id, address },
      { id: Buffer.alloc(20, 9), address: { ...address, port: 65_535 } },
    ]
    const packed = compactNodes(nodes)
    expect(packed).toHaveLength(2 * bytes)
    expect(plain(parseCompactNodes(packed, family))).toEqual(plain(nodes))
  })

  test('a rest at the end and entries without a port are passed over', () => {
    const packed = compactNodes([
      { id, address: { ...four, port: 0 } },
      { id, address: four },
    ])
    const read = parseCompactNodes(concat([packed, Buffer.alloc(25)]), 4)
    expect(plain(read)).toEqual(plain([{ id, address: four }]))
    expect(parseCompactNodes(Buffer.alloc(25), 4)).toEqual([])
  })
})
