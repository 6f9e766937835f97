import { createPrivateKey, createPublicKey, sign as signByNode, verify as verifyByNode } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/bytes.ts'
import { keyPairFromSeed, sign, verify } from '../../src/message/signature.ts'
import { bytesOf } from '../made.ts'
import vectors from '../vectors/ed25519.json' with { type: 'json' }

const hex = (text: string) => Buffer.from(text, 'hex')

test.each(vectors.cases)('signs "$message" as RFC 8032 has it', ({ seed, key, message, signature }) => {
  const keys = keyPairFromSeed(hex(seed))
  expect(toHex(keys.publicKey)).toBe(key)
  expect(toHex(sign(hex(message), keys))).toBe(signature)
  expect(verify(hex(signature), hex(message), hex(key))).toBe(true)
})

test('agrees with another implementation in both directions', () => {
  fc.assert(
    fc.property(bytesOf(32), fc.uint8Array({ maxLength: 100 }), (seed, message) => {
      const keys = keyPairFromSeed(seed)
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(keys.publicKey).toString('base64url') }
      const d = Buffer.from(seed).toString('base64url')
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
      const privateKey = createPrivateKey({ key: { ...jwk, d }, format: 'jwk' })
      expect(verifyByNode(null, message, publicKey, sign(message, keys))).toBe(true)
      expect(verify(signByNode(null, message, privateKey), message, keys.publicKey)).toBe(true)
    }),
    { numRuns: 30 },
  )
})

describe('lengths come first', () => {
  const keys = keyPairFromSeed(Buffer.alloc(32, 7))
  const message = Buffer.from('message')
  const good = sign(message, keys)
  test.each([0, 1, 10, 63, 65, 128])('a signature of %i bytes is false, not an exception', (length) => {
    const signature = Buffer.concat([good, Buffer.alloc(128)]).subarray(0, length)
    expect(verify(signature, message, keys.publicKey)).toBe(false)
  })

  test.each([0, 1, 31, 33, 64])('a key of %i bytes is false, not an exception', (length) => {
    const key = Buffer.concat([keys.publicKey, Buffer.alloc(64)]).subarray(0, length)
    expect(verify(good, message, key)).toBe(false)
  })
})

test('any changed bit is false', () => {
  const keys = keyPairFromSeed(Buffer.alloc(32, 7))
  const message = Buffer.from('message')
  const whole = Buffer.concat([sign(message, keys), keys.publicKey, message])
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(7), (at, bit) => {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ (1 << bit)
      expect(verify(bytes.subarray(0, 64), bytes.subarray(96), bytes.subarray(64, 96))).toBe(false)
    }),
  )
})

test('keys and points of small order sign nothing', () => {
  // RFC 8032 §5.1.7 leaves it open; a key that "signs" every message would make ids without an author
  const zero = Buffer.alloc(32)
  const one = Buffer.concat([Buffer.of(1), Buffer.alloc(31)])
  for (const key of [zero, one]) {
    for (const point of [zero, one]) expect(verify(Buffer.concat([point, zero]), Buffer.from('any'), key)).toBe(false)
  }
})
