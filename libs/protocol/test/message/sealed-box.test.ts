import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '../../src/bytes/bytes.ts'
import { openBox, SEALED_BOX_BYTES, sealBox, sealKeyOf, sealKeysOf } from '../../src/message/sealed-box.ts'
import { keyPairFromSeed } from '../../src/message/signature.ts'
import { expectParsed } from '../../src/parsed.ts'
import { bytesOf } from '../made.ts'
import vectors from '../vectors/sealed-box.json' with { type: 'json' }

const hex = (text: string) => Buffer.from(text, 'hex')

test.each(vectors.cases)('opens a box that another program sealed', ({ secretKey, publicKey, plain, box }) => {
  const opened = openBox(hex(box), { publicKey: hex(publicKey), secretKey: hex(secretKey) })
  expect(toHex(opened ?? Buffer.alloc(0))).toBe(plain)
})

test.each(vectors.conversions)('converts keys as $source has it', ({ seed, publicKey, secretKey }) => {
  const signing = keyPairFromSeed(hex(seed))
  const keys = sealKeysOf(signing)
  expect([toHex(keys.publicKey), toHex(keys.secretKey)]).toEqual([publicKey, secretKey])
  expect(toHex(sealKeyOf(signing.publicKey) ?? Buffer.alloc(0))).toBe(publicKey)
})

test('what is sealed to a key opens with its pair alone, and not when a bit is another', () => {
  fc.assert(
    fc.property(
      bytesOf(32),
      bytesOf(32),
      bytesOf(32),
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(),
      (seed, others, secret, plain, at) => {
        fc.pre(toHex(seed) !== toHex(others))
        const keys = sealKeysOf(keyPairFromSeed(seed))
        const box = expectParsed(sealBox(plain, keys.publicKey, secret), 'a key')
        expect(box.length).toBe(plain.length + SEALED_BOX_BYTES)
        expect(openBox(box, keys)).toEqual(Buffer.from(plain))
        expect(openBox(box, sealKeysOf(keyPairFromSeed(others)))).toBeUndefined()
        const changed = Buffer.from(box)
        const bit = at % (8 * box.length)
        // X25519 masks the highest bit of a key, but the nonce is made of it too.
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        expect(openBox(changed, keys)).toBeUndefined()
      },
    ),
    { numRuns: 50 },
  )
})

test('a box for the same text is another each time', () => {
  const { publicKey } = sealKeysOf(keyPairFromSeed(Buffer.alloc(32, 1)))
  const boxes = [1, 2].map((byte) => sealBox(Buffer.from('text'), publicKey, Buffer.alloc(32, byte)))
  expect(boxes[0]).not.toEqual(boxes[1])
})

test('nothing is sealed to a point of low order, nor made of bytes that are no key', () => {
  expect(sealBox(Buffer.of(1), Buffer.alloc(32), Buffer.alloc(32, 7))).toEqual({ ok: false, fault: 'bad-key' })
  expect(sealKeyOf(Buffer.alloc(32))).toBeUndefined()
  expect(sealKeyOf(Buffer.alloc(32, 0xff))).toBeUndefined()
})

test.each([0, 1, SEALED_BOX_BYTES - 1])('a box of %i bytes is none', (length) => {
  expect(openBox(Buffer.alloc(length), sealKeysOf(keyPairFromSeed(Buffer.alloc(32, 1))))).toBeUndefined()
})
