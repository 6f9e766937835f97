import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Reader } from '../../src/bytes/reader.ts'
import { Writer } from '../../src/bytes/writer.ts'

describe('numbers', () => {
  test('are big-endian', () => {
    const bytes = new Writer().u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0en).u64(0x0f101112131415).done()
    expect(Buffer.from(bytes).toString('hex')).toBe('010203040506070008090a0b0c0d0e000f101112131415')
  })

  test('of 64 bits are the same from a number and from a bigint, and come back exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = new Writer().u64(value).done()
        expect(bytes).toEqual(new Writer().u64(BigInt(value)).done())
        expect(new Reader(bytes).safe()).toBe(value)
        expect(new Reader(bytes).u64()).toBe(BigInt(value))
      }),
    )
  })

  test('that a double cannot hold fail where one is wanted', () => {
    for (const value of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      const reader = new Reader(new Writer().u64(value).done())
      expect([reader.safe(), reader.failed]).toEqual([0, true])
    }
  })

  test('that do not fit are a defect of whoever writes them', () => {
    for (const bad of [-1, 2 ** 53, 1.5, Number.NaN]) expect(() => new Writer().u64(bad)).toThrow(RangeError)
    for (const bad of [-1n, 2n ** 64n]) expect(() => new Writer().u64(bad)).toThrow(RangeError)
    expect(() => new Writer().u8(256)).toThrow(RangeError)
    expect(() => new Writer().u16(65_536)).toThrow(RangeError)
    expect(() => new Writer().u32(2 ** 32)).toThrow(RangeError)
    expect(() => new Writer().list(Array(65_536).fill(0), () => undefined)).toThrow(RangeError)
  })
})

describe('a reader that ran out', () => {
  test('gives zeros from then on and is never complete again', () => {
    const reader = new Reader(Buffer.of(1, 2))
    expect([reader.u32(), reader.u8(), reader.u16(), reader.safe(), reader.u64()]).toEqual([0, 0, 0, 0, 0n])
    expect([reader.text(), reader.list(9, (r) => r.u8()), reader.optional((r) => r.u8())]).toEqual(['', [], undefined])
    expect([reader.failed, reader.complete]).toEqual([true, false])
  })

  test('allocates nothing for a length that somebody made up', () => {
    const reader = new Reader(Buffer.from('ffffffff', 'hex'))
    expect(reader.blob()).toHaveLength(0)
    expect(new Reader(Buffer.of()).bytes(2 ** 30)).toHaveLength(0)
  })
})

test('bytes left over are not complete', () => {
  const reader = new Reader(Buffer.of(1, 2))
  reader.u8()
  expect([reader.failed, reader.complete]).toEqual([false, false])
})

test('a list longer than allowed fails before its items are read', () => {
  const bytes = new Writer().list([1, 2, 3], (w, n) => w.u8(n)).done()
  expect(new Reader(bytes).list(3, (r) => r.u8())).toEqual([1, 2, 3])
  const short = new Reader(bytes)
  expect([short.list(2, (r) => r.u8()), short.failed]).toEqual([[], true])
})

test('a presence byte is 0 or 1', () => {
  const reader = new Reader(Buffer.of(2, 7))
  expect([reader.optional((r) => r.u8()), reader.failed]).toEqual([undefined, true])
})

test('text must be text', () => {
  expect(new Reader(new Writer().text('hä').done()).text()).toBe('hä')
  for (const bytes of [Buffer.of(0xff), Buffer.of(0)]) {
    const reader = new Reader(new Writer().blob(bytes).done())
    expect([reader.text(), reader.failed]).toEqual(['', true])
  }
})

test('a writer grows as far as it is asked to', () => {
  const long = Buffer.alloc(10_000, 7)
  expect(new Writer(1).u8(1).blob(long).u8(2).done()).toEqual(
    Buffer.concat([Buffer.from('0100002710', 'hex'), long, Buffer.of(2)]),
  )
})
