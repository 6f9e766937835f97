import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64Url, fromHex, toBase64Url, toHex, toText, utf8 } from '../../src/bytes/bytes.ts'
import { fromZBase32, toZBase32 } from '../../src/bytes/z-base-32.ts'
import vectors from '../vectors/z-base-32.json' with { type: 'json' }

describe('hex', () => {
  test('goes there and back, and takes capitals', () => {
    expect(toHex(Buffer.from('00ffA0', 'hex'))).toBe('00ffa0')
    expect(fromHex('00FFa0', 3)).toEqual(Buffer.from('00ffa0', 'hex'))
  })

  test.each([
    ['0', 1],
    ['000', 1],
    ['0g', 1],
    ['0000', 1],
    [' 00', 1],
    ['', 1],
  ])('%j is not %i bytes', (text, length) => {
    expect(fromHex(text, length)).toBeUndefined()
  })
})

describe('base64url', () => {
  test('goes there and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(Buffer.from(bytes))
      }),
    )
  })

  test.each(['A', 'AB', 'AAB', 'AA==', 'A+', 'A/', 'AA\n', 'AAAAA'])('%j is no text of its own making', (text) => {
    expect(fromBase64Url(text)).toBeUndefined()
  })
})

describe('z-base-32', () => {
  test.each(vectors.cases)('$bytes is $text', ({ bytes, text }) => {
    expect(toZBase32(Buffer.from(bytes, 'hex'))).toBe(text)
    expect(fromZBase32(text, bytes.length / 2)).toEqual(new Uint8Array(Buffer.from(bytes, 'hex')))
  })

  test('a key has 52 characters and comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        const text = toZBase32(key)
        expect(text).toMatch(/^[ybndrfg8ejkmcpqxot1uwisza345h769]{52}$/)
        expect(fromZBase32(text, 32)).toEqual(key)
      }),
    )
  })

  test.each([
    ['too short', 'y'.repeat(51)],
    ['too long', 'y'.repeat(53)],
    ['capitals', 'Y'.repeat(52)],
    ['a character that the alphabet leaves out', `${'y'.repeat(51)}l`],
    ['bits behind the last byte', `${'y'.repeat(51)}b`],
  ])('a key with %s is none', (_, text) => {
    expect(fromZBase32(text, 32)).toBeUndefined()
  })
})

describe('text', () => {
  test.each([
    ['', ''],
    ['68c3a4', 'hä'],
    ['f09f9880', '\u{1F600}'],
    ['efbbbf61', '\uFEFFa'], // a byte order mark is a character like any other
  ])('%s is %j', (hex, text) => {
    expect(toText(Buffer.from(hex, 'hex'))).toBe(text)
    expect(toHex(utf8(text))).toBe(hex)
  })

  test.each([
    ['U+0000', '610061'],
    ['a lone continuation', '80'],
    ['an overlong form', 'c080'],
    ['a surrogate', 'eda080'],
    ['beyond U+10FFFF', 'f4908080'],
    ['a cut character', 'e282'],
  ])('%s is none', (_, hex) => {
    expect(toText(Buffer.from(hex, 'hex'))).toBeUndefined()
  })
})
