import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bencoded, DEPTH_MAX, decodeCanonical, decodePrefix, TOKENS_MAX } from '../../src/bytes/bencode.ts'
import { bencode, type Encodable, Raw } from '../../src/bytes/bencode-encode.ts'
import { Dict } from '../../src/bytes/dict.ts'
import { runs } from '../made.ts'
import vectors from '../vectors/bencode.json' with { type: 'json' }

const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** The value again as the encoder takes it: the opposite of decoding, by another road than the encoder's own. */
function toEncodable(value: Bencoded): Encodable {
  if (typeof value === 'bigint' || value instanceof Uint8Array) return value
  if (!(value instanceof Dict)) return value.map(toEncodable)
  const members = Array.from(value.keys(), (key) =>
    Buffer.concat([bencode(latin1(key)), value.raw(key) ?? Buffer.of()]),
  )
  return new Raw(Buffer.concat([latin1('d'), ...members, latin1('e')]))
}

describe('canonical decoding', () => {
  test.each(vectors.valid)('takes %j and gives its bytes back', (text) => {
    const decoded = decodeCanonical(latin1(text))
    if (!decoded.ok) throw new Error(decoded.fault)
    expect(Buffer.from(bencode(toEncodable(decoded.value))).toString('latin1')).toBe(text)
  })

  test.each(vectors.invalid)('refuses %j: %s', (text, fault) => {
    expect(decodeCanonical(latin1(text))).toEqual({ ok: false, fault })
  })

  test('takes nesting and tokens up to their limits and not beyond', () => {
    const nested = (depth: number) => latin1('l'.repeat(depth) + 'e'.repeat(depth))
    expect(decodeCanonical(nested(DEPTH_MAX + 1)).ok).toBe(true)
    expect(decodeCanonical(nested(DEPTH_MAX + 2))).toEqual({ ok: false, fault: 'too-deep' })
    const tokens = (count: number) => latin1(`l${'i0e'.repeat(count - 1)}e`)
    expect(decodeCanonical(tokens(TOKENS_MAX)).ok).toBe(true)
    expect(decodeCanonical(tokens(TOKENS_MAX + 1))).toEqual({ ok: false, fault: 'too-many-tokens' })
    const keys = (count: number) => bencode(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`, 0])))
    expect(decodeCanonical(keys(249)).ok).toBe(true) // 1 dict, 249 keys, 249 values
    expect(decodeCanonical(keys(250))).toEqual({ ok: false, fault: 'too-many-tokens' })
  })

  test('survives what overflows the stack of a careless parser', () => {
    expect(decodePrefix(latin1('l'.repeat(1_000_000)))).toEqual({ ok: false, fault: 'too-deep' })
    expect(decodePrefix(latin1('d1:a'.repeat(250_000)))).toEqual({ ok: false, fault: 'too-deep' })
  })
})

describe('a prefix', () => {
  test('may have bytes behind it and keys out of order, and says so', () => {
    const decoded = decodePrefix(latin1('d1:bi1e1:ai2eetrailing'))
    expect(decoded).toMatchObject({ ok: true, value: { length: 14, canonical: false } })
  })

  test('gives each member the very bytes that were received', () => {
    const decoded = decodePrefix(latin1('d1:vd1:bi1e1:ai2ee1:wl1:xeextra'))
    if (!decoded.ok || !(decoded.value.value instanceof Dict)) throw new Error('it is a dict')
    const { value } = decoded.value
    expect(['v', 'w'].map((key) => Buffer.from(value.raw(key) ?? []).toString())).toEqual(['d1:bi1e1:ai2ee', 'l1:xe'])
    expect(value.raw('x')).toBeUndefined()
  })
})

test('keys that name parts of a prototype are keys like any other', () => {
  const decoded = decodeCanonical(bencode({ __proto__x: 1, constructor: 2, toString: 3 }))
  if (!decoded.ok || !(decoded.value instanceof Dict)) throw new Error('it is a dict')
  expect(decoded.value.int('constructor')).toBe(2n)
  expect(decoded.value.get('hasOwnProperty')).toBeUndefined()
  const proto = decodeCanonical(latin1('d9:__proto__d1:xi1eee'))
  if (!proto.ok || !(proto.value instanceof Dict)) throw new Error('it is a dict')
  expect(proto.value.dict('__proto__')?.int('x')).toBe(1n)
  expect(proto.value.int('x')).toBeUndefined()
})

test('a member of another type than asked for is not there', () => {
  const decoded = decodeCanonical(bencode({ b: 'x', d: {}, i: 1, l: [] }))
  if (!decoded.ok || !(decoded.value instanceof Dict)) throw new Error('it is a dict')
  const dict = decoded.value
  expect([dict.bytes('i'), dict.int('b'), dict.dict('l'), dict.list('d')]).toEqual(Array(4).fill(undefined))
  expect([dict.bytes('b'), dict.int('i'), dict.dict('d')?.size, dict.list('l')]).toEqual([latin1('x'), 1n, 0, []])
})

test('keys go out in the order of their bytes, whatever order they come in', () => {
  expect(Buffer.from(bencode({ b: 1, a: 2, aa: 3, B: 4, absent: undefined })).toString()).toBe(
    'd1:Bi4e1:ai2e2:aai3e1:bi1ee',
  )
})

test('what has no place in bencode is a defect of whoever encodes it', () => {
  for (const bad of [1.5, Number.NaN, 2 ** 53, { ä: 1 }]) expect(() => bencode(bad)).toThrow(RangeError)
  expect(Buffer.from(bencode({ a: 1 })).toString()).toBe('d1:ai1ee') // and leaves nothing behind
})

const { encodable } = fc.letrec<{ encodable: Encodable }>((tie) => ({
  encodable: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.array(tie('encodable'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'binary-ascii', maxLength: 8 }), tie('encodable'), { maxKeys: 5 }),
  ),
}))

test('what the encoder writes, the strict decoder takes, and it is written the same again', () => {
  fc.assert(
    fc.property(encodable, (value) => {
      const bytes = bencode(value)
      const decoded = decodeCanonical(bytes)
      if (!decoded.ok) throw new Error(decoded.fault)
      expect(Buffer.compare(bencode(toEncodable(decoded.value)), bytes)).toBe(0)
    }),
    { numRuns: runs(1_000, 50_000) },
  )
})

test('random bytes and broken bencode never throw, and what is taken as canonical has one encoding', () => {
  const broken = fc
    .tuple(encodable, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
    .map(([value, changes]) => {
      const bytes = Buffer.from(bencode(value))
      for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
      return bytes
    })
  const bencodish = fc
    .array(fc.constantFrom('i', 'l', 'd', 'e', ':', '-', '0', '1', '3', 'a', '\0'), { maxLength: 40 })
    .map((characters) => latin1(characters.join('')))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), broken, bencodish), (bytes) => {
      decodePrefix(bytes)
      const decoded = decodeCanonical(bytes)
      if (decoded.ok) expect(Buffer.compare(bencode(toEncodable(decoded.value)), bytes)).toBe(0)
    }),
    { numRuns: runs(10_000, 1_000_000) },
  )
})
