import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bencode, type Encodable } from '../../src/bytes/bencode-encode.ts'
import { toHex, utf8 } from '../../src/bytes/bytes.ts'
import { encodeItem, signItem } from '../../src/message/item.ts'
import { encodeDelegation, signDelegation } from '../../src/receipt/delegation.ts'
import { openRecord, parseRecordItem, RECORD_SALT, recordTarget, signRecord } from '../../src/record/receiver-record.ts'
import { AUTHOR, CLUSTER, plain, RECEIVER } from '../made.ts'

const delegation = signDelegation(RECEIVER, { receiptKey: CLUSTER.publicKey, from: 1, until: 2_000_000_000 })
const full = {
  delegation,
  endpoints: [
    { host: '192.0.2.1', port: 42_424 },
    { host: '2001:db8::1', port: 1 },
  ],
  feedUrl: 'https://feed.example/',
  postUrl: 'http://127.0.0.1:8081/v1/messages',
  valueBytesMax: 900,
  pipeKey: Buffer.alloc(32, 8),
  sealKey: Buffer.alloc(32, 9),
  expires: 2_000_000_000,
}
const least = { ...full, feedUrl: undefined, postUrl: undefined, pipeKey: undefined, sealKey: undefined }
const members = {
  d: encodeDelegation(delegation),
  e: ['192.0.2.1:1'] as Encodable,
  l: 900,
  x: 2_000_000_000,
}

function opened(value: Encodable, signer = RECEIVER) {
  const item = signItem(RECEIVER, { salt: RECORD_SALT, seq: 1n, value: bencode(value) })
  return openRecord({ ...item, key: signer.publicKey })
}

test.each([
  ['all that it can say', full],
  ['as little as it must', least],
])('a record with %s comes back', (_, record) => {
  const item = signRecord(RECEIVER, record, 7n)
  const read = parseRecordItem(encodeItem(item))
  const record2 = read.ok ? openRecord(read.value) : read
  expect(record2.ok && plain(record2.value)).toEqual(plain(record))
})

test('its target is where BEP 44 keeps it', () => {
  const hash = createHash('sha1').update(RECEIVER.publicKey).update('p2pmsg')
  expect(toHex(recordTarget(RECEIVER.publicKey))).toBe(hash.digest('hex'))
})

test('a record of whose size no datagram has room is not signed and not taken', () => {
  const endpoints = Array.from({ length: 8 }, () => ({ host: 'h'.repeat(80), port: 1 }))
  expect(() => signRecord(RECEIVER, { ...full, endpoints }, 1n)).toThrow(RangeError)
  expect(opened({ ...members, f: `https://${'f'.repeat(600)}` })).toEqual({ ok: false, fault: 'too-large' })
})

test('what somebody else signed is refused', () => {
  expect(opened(members, AUTHOR)).toEqual({ ok: false, fault: 'bad-signature' })
})

describe('malformed is', () => {
  const many = Array.from({ length: 9 }, () => 'a:1')
  test.each<[string, Encodable]>([
    ['no dict', 'text'],
    ['no delegation', { ...members, d: undefined }],
    ['a delegation of another length', { ...members, d: Buffer.alloc(113) }],
    ['no end point', { ...members, e: [] }],
    ['nine end points', { ...members, e: many }],
    ['an end point that is none', { ...members, e: ['a'] }],
    ['an end point that is a number', { ...members, e: [1] }],
    ['no limit', { ...members, l: undefined }],
    ['a negative limit', { ...members, l: -1 }],
    ['no expiry', { ...members, x: undefined }],
    ['an expiry after all formats', { ...members, x: 253_402_300_800 }],
    ['a short pipe key', { ...members, p: Buffer.alloc(31) }],
    ['a seal key that is text', { ...members, s: 'key' }],
    ['a feed URL that is no text', { ...members, f: Buffer.of(0xff) }],
    ['a feed URL that runs code', { ...members, f: 'javascript:alert(1)' }],
    ['a URL to post to that is none', { ...members, h: 'https://' }],
  ])('%s', (_, value) => {
    expect(opened(value)).toEqual({ ok: false, fault: 'malformed' })
  })

  test('an item under another salt', () => {
    const item = signItem(RECEIVER, { salt: utf8('other'), seq: 1n, value: bencode(members) })
    expect(parseRecordItem(encodeItem(item))).toEqual({ ok: false, fault: 'malformed' })
    expect(parseRecordItem(Buffer.from('nonsense'))).toEqual({ ok: false, fault: 'malformed' })
  })
})
