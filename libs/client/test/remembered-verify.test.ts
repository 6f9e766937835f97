import { keyPairFromSeed, sign, verify } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { rememberedVerify } from '../src/remembered-verify.ts'

const keys = keyPairFromSeed(Buffer.alloc(32, 1))
const good = Buffer.from('a statement')
const signature = sign(good, keys)

test('it says what verify says, the first time and again, also about what looks like something remembered', () => {
  const check = rememberedVerify()
  expect(check(signature, good, keys.publicKey)).toBe(true)
  const whole = Buffer.concat([signature, keys.publicKey, good])
  fc.assert(
    fc.property(fc.nat(130), fc.nat(130), fc.nat(whole.length), (a, b, flip) => {
      const bytes = Buffer.from(whole)
      if (flip < whole.length) bytes[flip] = (bytes[flip] as number) ^ 1
      const parts = [bytes.subarray(0, a), bytes.subarray(a + b), bytes.subarray(a, a + b)] as const
      expect(check(...parts)).toBe(verify(...parts))
    }),
    {
      examples: [
        [64, 32, 0],
        [64, 32, 200],
        [63, 33, 200],
      ],
    },
  )
})

test('more signatures than it remembers are checked all the same', () => {
  const check = rememberedVerify()
  const many = Array.from({ length: 400 }, (_, i) => Buffer.from(`statement ${i}`))
  for (let round = 0; round < 2; round++)
    for (const bytes of many) expect(check(sign(bytes, keys), bytes, keys.publicKey)).toBe(true)
})
