import { generateKeyPairSync } from 'node:crypto'
import { assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatModulus, formatRsaKeys, parseRsaKeys } from '../../src/telex/rsa-keys.ts'
import { parseModulus, parseSignature, type RsaKeys, signRsa, verifyRsa } from '../../src/telex/rsa-signature.ts'
import { vectors } from './helpers.ts'

type Vector = Readonly<{
  origin: string
  hash_input: string
  message: string
  key: string
  sig: string
  valid_by_ezcrypto: boolean
}>

function verdict(key: string, sig: string, message: string): string | undefined {
  const n = parseModulus(key)
  const s = n && parseSignature(sig, n)
  return n && s !== undefined ? verifyRsa(message, s, n) : undefined
}

export function freshKeys(): RsaKeys {
  const { n, d } = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export({ format: 'jwk' })
  const number = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
  return { n: number(n), d: number(d) }
}

describe('signatures of 2011', () => {
  const all = vectors<Vector>('30-signatures')
  test.each(all.map((vector) => [`${vector.origin}: ${vector.message}`, vector] as const))('%s', (_, vector) => {
    expect(verdict(vector.key, vector.sig, vector.message) !== undefined).toBe(vector.valid_by_ezcrypto)
  })

  test('there are eleven, one of them invalid', () => {
    expect(all.filter((vector) => vector.valid_by_ezcrypto)).toHaveLength(10)
    expect(all).toHaveLength(11)
  })

  test('a message of client.php beyond ASCII is valid by its UTF-8, which is said', () => {
    const key =
      'c659a7c1c444f38951e9e0758136ab8f2e572792f1a496fea70523855b17f87b141121f591c5c3455ca5913b89053baffd8fdb598986ca1782fce65caf85caa5'
    const sig =
      '20aa1ac4ca9524df9595a04044da633847deea6168a91331607b1e55adf855d5f60afc6158816538710f6fee1234a8adfacc47445f507383384159f6db403516'
    expect(verdict(key, sig, 'café')).toBe('utf8')
    expect(verdict(key, sig, 'cafe')).toBeUndefined()
  })

  test('what we sign, the rules of 2011 accept; what is altered, they do not', () => {
    const keys = freshKeys()
    const check = (text: string) => {
      const sig = signRsa(text, keys)
      expect(verdict(formatModulus(keys.n), sig, text)).toBe('ezcrypto')
      expect(verdict(formatModulus(keys.n), sig, `${text}x`)).toBeUndefined()
      expect(verdict(formatModulus(freshKeys().n), sig, text)).toBeUndefined()
    }
    assert(
      property(string({ unit: 'binary', maxLength: 40 }), (text) => {
        check(text)
      }),
      { numRuns: 20 },
    )
  })

  test('s + n, a second form of the same signature, is refused', () => {
    const { key, sig, message } = all[0] as Vector
    const malleable = (BigInt(`0x${sig}`) + BigInt(`0x${key}`)).toString(16)
    expect(verdict(key, malleable, message)).toBeUndefined()
  })

  test.each(['', 'zz', '-1', '0x12', 'ff'.repeat(65), 'f'.repeat(257), `${'f'.repeat(127)}e`, '1', 'PEM'])(
    'no modulus: %s',
    (text) => {
      expect(parseModulus(text)).toBeUndefined()
    },
  )

  test('a key file of 2011 is read and written; one that does not fit together is not', () => {
    const keys = freshKeys()
    const text = formatRsaKeys(keys)
    expect(parseRsaKeys(text)).toEqual({ ok: true, value: keys })
    expect(parseRsaKeys(text.replace(/"private":"./, '"private":"0')).ok).toBe(false)
    for (const bad of ['', 'null', '{}', '{"public":1,"private":2}', '[]']) expect(parseRsaKeys(bad).ok).toBe(false)
  })
})
