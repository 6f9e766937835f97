import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUDGET_DEFAULT, encodeEntry, entryName, OPEN_POLICY, parseEntry } from '../../src/bus/receiver-entry.ts'
import { encodeRouterEntry, parseRouterEntry } from '../../src/bus/router-entry.ts'
import { toHex } from '../../src/bytes/bytes.ts'
import { signDelegation } from '../../src/receipt/delegation.ts'
import { signRecord } from '../../src/record/receiver-record.ts'
import { AUTHOR, CLUSTER, plain, RECEIVER } from '../made.ts'

const record = {
  delegation: signDelegation(RECEIVER, { receiptKey: CLUSTER.publicKey, from: 1, until: 2 }),
  endpoints: [{ host: '192.0.2.1', port: 1 }],
  feedUrl: undefined,
  postUrl: undefined,
  valueBytesMax: 900,
  pipeKey: undefined,
  sealKey: undefined,
  expires: 3,
}
const item = signRecord(RECEIVER, record, 1n)
const name = entryName(RECEIVER.publicKey)
const author = toHex(AUTHOR.publicKey)

describe('a receiver entry', () => {
  test('comes back with its record, its policy and its budget', () => {
    const policy = { allow: new Set([author]), block: new Set([name]) }
    const read = parseEntry(name, encodeEntry({ item, policy, budget: { perSecond: 5, burst: 10 } }))
    if (!read.ok) throw new Error(read.fault)
    expect(plain(read.value.record)).toEqual(plain(record))
    expect(toHex(read.value.key)).toBe(name)
    expect(read.value.policy).toEqual(policy)
    expect(read.value.budget).toEqual({ perSecond: 5, burst: 10 })
  })

  const text = Buffer.from(encodeEntry({ item, policy: OPEN_POLICY, budget: BUDGET_DEFAULT })).toString()
  const json = JSON.parse(text) as Record<string, unknown>
  const with_ = (change: object) => Buffer.from(JSON.stringify({ ...json, ...change }))

  test('that an operator wrote by hand may leave policy and budget out, and use capitals', () => {
    const bare = parseEntry(name, Buffer.from(JSON.stringify({ record: json.record })))
    expect(bare).toMatchObject({ ok: true, value: { policy: OPEN_POLICY, budget: BUDGET_DEFAULT } })
    const capitals = parseEntry(name, with_({ policy: { block: [author.toUpperCase()] } }))
    expect(capitals.ok && [...capitals.value.policy.block]).toEqual([author])
  })

  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.of(), 'not-json'],
    ['cut JSON', Buffer.from(text.slice(0, -1)), 'not-json'],
    ['null', Buffer.from('null'), 'not-json'],
    ['no record', with_({ record: undefined }), 'bad-record'],
    ['a record that is a number', with_({ record: 1 }), 'bad-record'],
    ['a record with another character', with_({ record: `${String(json.record)}!` }), 'bad-record'],
    ['a policy that is a list', with_({ policy: { allow: {} } }), 'bad-policy'],
    ['a policy that is null', with_({ policy: null }), 'bad-policy'],
    ['a key of 31 bytes', with_({ policy: { block: ['00'.repeat(31)] } }), 'bad-policy'],
    ['ten thousand and one keys', with_({ policy: { block: Array(10_001).fill(author) } }), 'bad-policy'],
    ['a budget of nothing', with_({ budget: { perSecond: 0, burst: 1 } }), 'bad-budget'],
    ['half a budget', with_({ budget: { perSecond: 1 } }), 'bad-budget'],
    ['a budget without end', Buffer.from(text.replace(/"perSecond":\d+/, '"perSecond":1e999')), 'bad-budget'],
  ])('with %s is refused', (_, bytes, fault) => {
    expect(parseEntry(name, bytes)).toEqual({ ok: false, fault })
  })

  test("under another receiver's name is refused", () => {
    expect(parseEntry(author, Buffer.from(text))).toEqual({ ok: false, fault: 'wrong-key' })
  })

  test('whose record somebody else signed is refused', () => {
    const forged = encodeEntry({
      item: { ...item, key: AUTHOR.publicKey },
      policy: OPEN_POLICY,
      budget: BUDGET_DEFAULT,
    })
    expect(parseEntry(author, forged)).toEqual({ ok: false, fault: 'bad-record' })
  })
})

describe('a router entry', () => {
  const entry = { id: Buffer.alloc(20, 7), endpoint: { host: '2001:db8::1', port: 42_424 } }

  test('comes back', () => {
    const read = parseRouterEntry(encodeRouterEntry(entry))
    expect(read.ok && plain(read.value)).toEqual(plain(entry))
  })

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"id":"00","host":"h","port":1}',
    `{"id":"${'00'.repeat(20)}","host":"h","port":0}`,
    `{"id":"${'00'.repeat(20)}","host":"h","port":65536}`,
    `{"id":"${'00'.repeat(20)}","host":"h","port":1.5}`,
    `{"id":"${'00'.repeat(20)}","host":"h","port":"1"}`,
    `{"id":"${'00'.repeat(20)}","host":"","port":1}`,
    `{"id":"${'00'.repeat(20)}","host":"two words","port":1}`,
  ])('%s is none', (text) => {
    expect(parseRouterEntry(Buffer.from(text))).toEqual({ ok: false, fault: 'bad-router-entry' })
  })
})

test('any JSON in a bucket is read without throwing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      parseEntry(name, Buffer.from(text))
      parseRouterEntry(Buffer.from(text))
    }),
  )
})
