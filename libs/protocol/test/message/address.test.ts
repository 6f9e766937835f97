import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/bytes.ts'
import { toZBase32 } from '../../src/bytes/z-base-32.ts'
import { formatAddress, parseAddress } from '../../src/message/address.ts'
import { formatEndpoint, parseEndpoint } from '../../src/message/endpoint.ts'
import { bytesOf, plain, RECEIVER, text } from '../made.ts'

const Z = toZBase32(RECEIVER.publicKey)
const HEX = toHex(RECEIVER.publicKey)
const receiver = HEX

describe('an address', () => {
  test.each<[string, object]>([
    [`p2pmsg://${Z}`, { receiver, topic: '' }],
    [`p2pmsg://${HEX}`, { receiver, topic: '' }],
    [Z, { receiver, topic: '' }],
    [HEX.toUpperCase(), { receiver, topic: '' }],
    [`p2pmsg://${Z}/`, { receiver, topic: '' }],
    [`p2pmsg://${Z}/news`, { receiver, topic: 'news' }],
    [`p2pmsg://${Z}/a%2Fb/c`, { receiver, topic: 'a/b/c' }],
    [`p2pmsg://${Z}@host.example:42424`, { receiver, endpoint: { host: 'host.example', port: 42424 } }],
    [`p2pmsg://${Z}@192.0.2.1:1/t`, { receiver, endpoint: { host: '192.0.2.1', port: 1 }, topic: 't' }],
    [`p2pmsg://${Z}@[2001:db8::1]:65535`, { receiver, endpoint: { host: '2001:db8::1', port: 65535 } }],
    [`p2pmsg://${Z}/${'%C3%A4'.repeat(16)}`, { receiver, topic: 'ä'.repeat(16) }],
  ])('%s', (address, expected) => {
    const parsed = parseAddress(address)
    expect(parsed.ok && plain(parsed.value)).toMatchObject(expected)
  })

  test.each([
    ['', 'not-an-address'],
    ['hello', 'not-an-address'],
    [`http://${Z}`, 'not-an-address'],
    [`P2PMSG://${Z}`, 'not-an-address'],
    [`p2pmsg://${Z.slice(1)}`, 'bad-key'],
    [`p2pmsg://${Z}y`, 'bad-key'],
    [`p2pmsg://${Z.toUpperCase()}`, 'bad-key'],
    [`p2pmsg://${Z}@host`, 'bad-host'],
    [`p2pmsg://${Z}@host:0`, 'bad-host'],
    [`p2pmsg://${Z}@host:65536`, 'bad-host'],
    [`p2pmsg://${Z}@ho st:1`, 'bad-host'],
    [`p2pmsg://${Z}@2001:db8::1:1`, 'bad-host'],
    [`p2pmsg://${Z}@[::::]:1`, 'bad-host'],
    [`p2pmsg://${Z}@[12]:1`, 'bad-host'],
    [`p2pmsg://${Z}/%`, 'bad-topic'],
    [`p2pmsg://${Z}/%FF`, 'bad-topic'],
    [`p2pmsg://${Z}/%00`, 'bad-topic'],
    [`p2pmsg://${Z}/${'t'.repeat(33)}`, 'bad-topic'],
    [`p2pmsg://${Z}/${'%C3%A4'.repeat(17)}`, 'bad-topic'],
  ])('%s is refused: %s', (address, fault) => {
    expect(parseAddress(address)).toEqual({ ok: false, fault })
  })

  test('comes back from its text', () => {
    const endpoint = fc.option(
      fc.record({
        host: fc.constantFrom('a.example', '192.0.2.7', '2001:db8::7'),
        port: fc.integer({ min: 1, max: 65_535 }),
      }),
      { nil: undefined },
    )
    const topic = text.filter((value) => Buffer.byteLength(value) <= 32)
    fc.assert(
      fc.property(bytesOf(32), endpoint, topic, (key, at, about) => {
        const address = { receiver: key, endpoint: at, topic: about }
        const parsed = parseAddress(formatAddress(address))
        expect(parsed.ok && plain(parsed.value)).toEqual(plain(address))
      }),
    )
  })

  test('of any text is read without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (rest) => {
        parseAddress(rest)
        parseAddress(`p2pmsg://${Z}@${rest}`)
        parseAddress(`p2pmsg://${Z}/${rest}`)
      }),
    )
  })
})

test.each(['a:1', 'a.b-c_d:65535', '192.0.2.1:42424', '[::1]:1', '[::ffff:192.0.2.1]:9'])('end point %s', (written) => {
  const endpoint = parseEndpoint(written)
  expect(endpoint && formatEndpoint(endpoint)).toBe(written)
})

test.each(['', ':1', 'a', 'a:', 'a:x', 'a:1 ', 'a:-1', 'a:123456', '::1:1', '[a]:1', `${'a'.repeat(254)}:1`])(
  'end point %s is none',
  (written) => {
    expect(parseEndpoint(written)).toBeUndefined()
  },
)
