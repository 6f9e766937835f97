import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/bytes.ts'
import { compareDistance, ID_BYTES, sharedNodeId } from '../../src/kademlia/id.ts'
import { TOKEN_BYTES, Tokens } from '../../src/kademlia/token.ts'
import { bytesOf } from '../made.ts'

const EPOCH_MS = 300_000
const NOW = 1_700_000_100_000 // the first moment of an epoch, Unix milliseconds
const SECRET = Buffer.alloc(16, 1)
const NEXT = Buffer.alloc(16, 2)
const [ip, target] = [Buffer.alloc(16, 3), Buffer.alloc(20, 4)]

describe('a token', () => {
  const tokens = new Tokens([SECRET])
  const token = tokens.make(ip, target, NOW)

  test('has 8 bytes, the same for all who share the secret', () => {
    expect(token).toHaveLength(TOKEN_BYTES)
    expect(toHex(new Tokens([SECRET]).make(ip, target, NOW + EPOCH_MS - 1))).toBe(toHex(token))
    expect(toHex(tokens.make(ip, target, NOW + EPOCH_MS))).not.toBe(toHex(token))
  })

  test.each([
    ['an epoch before', NOW - EPOCH_MS, true],
    ['two epochs before', NOW - EPOCH_MS - 1, false],
    ['at once', NOW, true],
    ['at the end of the next epoch', NOW + 2 * EPOCH_MS - 1, true],
    ['in the one after', NOW + 2 * EPOCH_MS, false],
  ])('%s is good: %s', (_, at, good) => {
    expect(tokens.check(token, ip, target, at)).toBe(good)
  })

  test('belongs to its address and its target', () => {
    const other = (bytes: Buffer) => Buffer.from(bytes).fill(9, bytes.length - 1)
    expect(tokens.check(token, other(ip), target, NOW)).toBe(false)
    expect(tokens.check(token, ip, other(target), NOW)).toBe(false)
  })

  test.each([0, 7, 9, 64])('of %i bytes is none', (length) => {
    expect(tokens.check(Buffer.concat([token, Buffer.alloc(64)]).subarray(0, length), ip, target, NOW)).toBe(false)
  })

  test('with any bit changed is none', () => {
    fc.assert(
      fc.property(fc.nat(63), (bit) => {
        const bytes = Buffer.from(token)
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(tokens.check(bytes, ip, target, NOW)).toBe(false)
      }),
    )
  })

  test('works from the first moment of a clock on', () => {
    expect(tokens.check(tokens.make(ip, target, 0), ip, target, 0)).toBe(true)
  })
})

test('a secret is rotated without a gap: new ones are taken before they sign, old ones after', () => {
  const [before, during, after, done] = [[SECRET], [SECRET, NEXT], [NEXT, SECRET], [NEXT]].map((s) => new Tokens(s))
  if (!before || !during || !after || !done) throw new Error('four were made')
  const [old, fresh] = [before.make(ip, target, NOW), done.make(ip, target, NOW)]
  expect(toHex(during.make(ip, target, NOW))).toBe(toHex(old))
  expect(toHex(after.make(ip, target, NOW))).toBe(toHex(fresh))
  const taken = (tokens: Tokens) => [old, fresh].map((token) => tokens.check(token, ip, target, NOW))
  expect([before, during, after, done].map(taken)).toEqual([
    [true, false],
    [true, true],
    [true, true],
    [false, true],
  ])
})

test('replicas that share a secret are one node', () => {
  expect(sharedNodeId(SECRET)).toHaveLength(ID_BYTES)
  expect(toHex(sharedNodeId(SECRET))).toBe(toHex(sharedNodeId(Buffer.from(SECRET))))
  expect(toHex(sharedNodeId(SECRET))).not.toBe(toHex(sharedNodeId(NEXT)))
})

test('distance is XOR, read as one large number', () => {
  const distance = (a: Uint8Array, b: Uint8Array) => BigInt(`0x${toHex(a)}`) ^ BigInt(`0x${toHex(b)}`)
  fc.assert(
    fc.property(bytesOf(20), bytesOf(20), bytesOf(20), (t, a, b) => {
      const [toA, toB] = [distance(t, a), distance(t, b)]
      expect(Math.sign(compareDistance(t, a, b))).toBe(toA < toB ? -1 : toA > toB ? 1 : 0)
    }),
  )
})
