import { compareDistance } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { REPLACEMENTS_MAX } from '../../src/kademlia/bucket.ts'
import { FAILS_MAX } from '../../src/kademlia/contact.ts'
import { sharedPrefixBits } from '../../src/kademlia/distance.ts'
import { PREFIX_CONTACTS_MAX, RoutingTable, TABLE_K } from '../../src/kademlia/routing-table.ts'
import { addressOf, bytesOf, NOW } from './support.ts'

const OWN = bytesOf('own')

/** An id that shares exactly so many leading bits with ours. */
function idAt(bits: number, n: number): Uint8Array {
  const id = Uint8Array.from(bytesOf(`id ${n}`))
  for (let bit = 0; bit <= bits; bit++) {
    const mask = 0x80 >> (bit & 7)
    const own = (OWN[bit >> 3] as number) & mask
    id[bit >> 3] = ((id[bit >> 3] as number) & ~mask) | (bit === bits ? own ^ mask : own)
  }
  return id
}

function filled(count: number): RoutingTable {
  const table = new RoutingTable(OWN, NOW)
  for (let n = 0; n < count; n++) table.answered(bytesOf(n), addressOf(n), NOW)
  return table
}

test('the first buckets hold 128, 64 and 32, the others 20, and only the last one splits', () => {
  const table = filled(5000)
  const sizes = table.buckets.map(({ contacts }) => contacts.length)
  expect(sizes.slice(0, 5)).toEqual([128, 64, 32, TABLE_K, TABLE_K])
  for (const [depth, bucket] of table.buckets.slice(0, -1).entries()) {
    for (const contact of bucket.contacts) expect(sharedPrefixBits(OWN, contact.id)).toBe(depth)
  }
})

test('a newcomer never takes the place of a contact that answers', () => {
  const table = filled(2000)
  const before = table.contacts().map(({ key }) => key)
  for (let n = 5000; n < 9000; n++) table.answered(bytesOf(n), addressOf(n), NOW)
  const after = new Set(table.contacts().map(({ key }) => key))
  expect(before.filter((key) => !after.has(key))).toEqual([])
})

test('three failures in a row make room for who waits, and two do not', () => {
  const table = filled(3000)
  const contact = table.buckets[0]?.contacts[0]
  if (!contact) throw new Error('the table is empty')
  const waiting = table.buckets[0]?.replacements.map(({ key }) => key) ?? []
  for (let i = 1; i < FAILS_MAX; i++) table.failed(contact.address)
  expect(table.get(contact.address)).toBe(contact)
  table.failed(contact.address)
  expect(table.get(contact.address)).toBeUndefined()
  expect(table.buckets[0]?.contacts.some(({ key }) => waiting.includes(key))).toBe(true)
  expect(table.buckets[0]?.contacts.length).toBe(128)
})

test('who fails while nobody waits stays, unnamed, until somebody comes', () => {
  const table = new RoutingTable(OWN, NOW)
  for (let n = 0; n < 128; n++) table.answered(idAt(0, n), addressOf(n), NOW)
  for (let i = 0; i < FAILS_MAX; i++) table.failed(addressOf(7))
  expect(table.size).toBe(128)
  expect(table.closest(idAt(0, 7), 8).map(({ id }) => id)).not.toContainEqual(idAt(0, 7))
  expect(table.answered(idAt(0, 500), addressOf(500), NOW)).toBe('added')
  expect(table.get(addressOf(7))).toBeUndefined()
})

test('one network has two contacts in a bucket, and one id one address', () => {
  const table = new RoutingTable(OWN, NOW)
  for (let n = 0; n < 20; n++) table.answered(idAt(0, n), addressOf(1, 7000 + n), NOW)
  expect(table.size).toBe(PREFIX_CONTACTS_MAX)
  expect(table.answered(idAt(0, 0), addressOf(2), NOW)).toBe('refused')
})

test('an address that answers with another id is another node', () => {
  const table = new RoutingTable(OWN, NOW)
  table.answered(bytesOf(1), addressOf(1), NOW)
  table.answered(bytesOf(2), addressOf(1), NOW)
  expect(table.contacts().map(({ id }) => id)).toEqual([bytesOf(2)])
})

test('closest gives what sorting all contacts gives', () => {
  const table = filled(1500)
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (target) => {
      const sorted = table.contacts().toSorted((a, b) => compareDistance(target, a.id, b.id))
      expect(table.closest(target, 8).map(({ key }) => key)).toEqual(sorted.slice(0, 8).map(({ key }) => key))
    }),
  )
})

const EVENT = fc.record({
  kind: fc.constantFrom('answered', 'failed', 'queried', 'moved'),
  n: fc.nat(300),
  bits: fc.nat(12),
})

test('whatever happens, the table keeps its rules', () => {
  fc.assert(
    fc.property(fc.array(EVENT, { maxLength: 600 }), (events) => {
      const table = new RoutingTable(OWN, NOW)
      for (const [at, { kind, n, bits }] of events.entries()) {
        const [id, address] = [idAt(bits, n), addressOf(n, kind === 'moved' ? 7000 : 6881)]
        if (kind === 'failed') table.failed(address)
        else if (kind === 'queried') table.wants(id, address)
        else table.answered(id, address, NOW + at)
      }
      const all = table.contacts()
      expect(table.size).toBe(all.length)
      expect(new Set(all.map(({ key }) => key)).size).toBe(all.length)
      for (const [depth, bucket] of table.buckets.entries()) {
        expect(bucket.contacts.length).toBeLessThanOrEqual(Math.max(bucket.capacity, 3 * TABLE_K))
        expect(bucket.replacements.length).toBeLessThanOrEqual(REPLACEMENTS_MAX)
        expect(new Set(bucket.contacts.map(({ id }) => id.join())).size).toBe(bucket.contacts.length)
        for (const contact of bucket.contacts) {
          expect(table.get(contact.address)).toBe(contact)
          expect(bucket.countPrefix(contact.prefix)).toBeLessThanOrEqual(PREFIX_CONTACTS_MAX)
          const bits = sharedPrefixBits(OWN, contact.id)
          expect(depth === table.buckets.length - 1 ? bits >= depth : bits === depth).toBe(true)
        }
      }
    }),
    { numRuns: 100 },
  )
})
