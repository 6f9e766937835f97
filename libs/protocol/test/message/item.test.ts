import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decodeCanonical } from '../../src/bytes/bencode.ts'
import { bencode, Raw } from '../../src/bytes/bencode-encode.ts'
import { toHex, utf8 } from '../../src/bytes/bytes.ts'
import { Dict } from '../../src/bytes/dict.ts'
import { encodeItem, itemOf, signedBytes, signItem, verifyItem } from '../../src/message/item.ts'
import { AUTHOR } from '../made.ts'
import vectors from '../vectors/bep44.json' with { type: 'json' }

describe('the vectors of BEP 44', () => {
  test.each(vectors.cases)('$name', ({ salt, seq, value, signed, signature, target }) => {
    const item = {
      key: Buffer.from(vectors.key, 'hex'),
      salt: utf8(salt),
      seq: BigInt(seq),
      value: utf8(value),
      signature: Buffer.from(signature, 'hex'),
    }
    expect(Buffer.from(signedBytes(item)).toString()).toBe(signed)
    expect(verifyItem(item)).toBe(true)
    expect(verifyItem({ ...item, seq: item.seq + 1n })).toBe(false)
    expect(createHash('sha1').update(item.key).update(item.salt).digest('hex')).toBe(target)
  })
})

const item = signItem(AUTHOR, { salt: utf8('salt'), seq: 2n ** 63n - 1n, value: bencode('v') })

function itemIn(members: Parameters<typeof bencode>[0]) {
  const decoded = decodeCanonical(bencode(members))
  if (!decoded.ok || !(decoded.value instanceof Dict)) throw new Error('it is a dict')
  return itemOf(decoded.value)
}

const members = { k: item.key, salt: item.salt, seq: item.seq, sig: item.signature, v: new Raw(item.value) }

test('an item is read out of a dict that holds more, to the last microsecond', () => {
  const read = itemIn({ ...members, id: 'x', token: 'y' })
  if (!read.ok) throw new Error(read.fault)
  expect(read.value.seq).toBe(2n ** 63n - 1n)
  expect(verifyItem(read.value)).toBe(true)
  expect(toHex(encodeItem(read.value))).toBe(toHex(bencode(members)))
})

test('an empty salt is none: it is neither signed nor sent', () => {
  const bare = signItem(AUTHOR, { salt: Buffer.of(), seq: 0n, value: bencode('v') })
  expect(Buffer.from(signedBytes(bare)).toString()).toBe('3:seqi0e1:v1:v')
  expect(Buffer.from(encodeItem(bare)).toString('latin1')).not.toContain('salt')
  expect(itemIn({ ...members, salt: undefined })).toMatchObject({ ok: true, value: { salt: { length: 0 } } })
})

test.each([
  ['no key', { k: undefined }, 'malformed'],
  ['a key of 31 bytes', { k: Buffer.alloc(31) }, 'malformed'],
  ['a key of 33 bytes', { k: Buffer.alloc(33) }, 'malformed'],
  ['a key that is a number', { k: 1 }, 'malformed'],
  ['a signature of 63 bytes', { sig: Buffer.alloc(63) }, 'malformed'],
  ['a signature of 65 bytes', { sig: Buffer.alloc(65) }, 'malformed'],
  ['a signature that is a list', { sig: [] }, 'malformed'],
  ['no seq', { seq: undefined }, 'malformed'],
  ['a seq that is text', { seq: '1' }, 'malformed'],
  ['a negative seq', { seq: -1n }, 'malformed'],
  ['no v', { v: undefined }, 'malformed'],
  ['a salt of 65 bytes', { salt: Buffer.alloc(65) }, 'salt-too-long'],
])('%s is refused', (_, change, fault) => {
  expect(itemIn({ ...members, ...change })).toEqual({ ok: false, fault })
})
