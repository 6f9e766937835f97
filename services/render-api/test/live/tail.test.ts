import { array, assert, bigInt, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryOf } from '../../src/feed/entry.ts'
import { type LiveEvent, Tail } from '../../src/live/tail.ts'
import { AUTHOR, aRow, aTombstone, RECEIVED_MS, RECEIVER } from '../rows.ts'

const OPEN = { author: undefined, topic: undefined, replyTo: undefined }

function anEvent(position: bigint, topic = ''): LiveEvent {
  const entry = entryOf(aRow(position, { text: 'x' }, { topic }), RECEIVED_MS)
  return { position, entry, bytes: Buffer.from(`${position},`) }
}

test('a reader gets what is behind its position, and once', () => {
  const tail = new Tail(10n)
  tail.append([anEvent(11n), anEvent(13n)], 20n)
  tail.append([anEvent(13n), anEvent(25n)], 30n)
  expect(tail.position).toBe(30n)
  expect(tail.since(10n, OPEN, RECEIVED_MS).toString()).toBe('11,13,25,')
  expect(tail.since(11n, OPEN, RECEIVED_MS).toString()).toBe('13,25,')
  expect(tail.since(12n, OPEN, RECEIVED_MS).toString()).toBe('13,25,')
  expect(tail.since(25n, OPEN, RECEIVED_MS).toString()).toBe('')
})

test('readers who stand in one place share the bytes', () => {
  const tail = new Tail(0n)
  tail.append([anEvent(1n)], 1n)
  expect(tail.since(0n, OPEN, RECEIVED_MS)).toBe(tail.since(0n, OPEN, RECEIVED_MS))
})

test('what has expired meanwhile is given out no more, nor what was put together before', () => {
  const seconds = Math.floor(RECEIVED_MS / 1000)
  const event = (position: bigint, expires: number): LiveEvent => {
    const entry = entryOf(aRow(position, { text: 'x', expires }), RECEIVED_MS)
    return { position, entry, bytes: Buffer.from(`${position},`) }
  }
  const tail = new Tail(0n)
  tail.append([anEvent(1n), event(2n, seconds + 60), event(3n, seconds + 30)], 3n)
  const [given, early, late, byTopic] = [
    tail.since(0n, OPEN, RECEIVED_MS),
    tail.since(0n, OPEN, RECEIVED_MS + 30_000),
    tail.since(0n, OPEN, RECEIVED_MS + 60_000),
    tail.since(0n, { ...OPEN, topic: '' }, RECEIVED_MS + 60_000),
  ]
  expect([given, early, late, byTopic].map(String)).toEqual(['1,2,3,', '1,2,', '1,', '1,'])
})

test('what is kept has a bound, and the floor says what is gone', () => {
  const tail = new Tail(0n)
  for (let position = 1n; position <= 1_500n; position++) tail.append([anEvent(position)], position)
  expect(tail.floor).toBe(476n)
  expect(tail.since(tail.floor, OPEN, RECEIVED_MS).toString().split(',').length - 1).toBe(1_024)
})

test('what its author removed is not kept, and whoever stands before it asks the store', () => {
  const event = (position: bigint, row = aRow(position, { text: 'x' })) =>
    ({ position, entry: entryOf(row, RECEIVED_MS), bytes: Buffer.from(`${position},`) }) satisfies LiveEvent
  const [kept, target] = [event(1n), event(2n)]
  const removal = { type: 'p2pmsg/delete', replyTo: target.entry.row.id }
  const tail = new Tail(0n)
  tail.append([kept, target, event(3n)], 3n)
  tail.append([event(4n, aRow(4n, removal, { author: RECEIVER }))], 4n) // not its author
  expect(tail.floor).toBe(0n)
  tail.append([event(5n, aRow(5n, removal))], 5n)
  expect(tail.floor).toBe(2n)
  expect(tail.since(2n, OPEN, RECEIVED_MS).toString()).toBe('3,4,5,')
})

test('however overlapping announcements and answers come, the order is one and nothing comes twice', () => {
  assert(
    property(array(array(bigInt(1n, 60n), { maxLength: 8 }), { maxLength: 20 }), (batches) => {
      const tail = new Tail(0n)
      for (const batch of batches) {
        const positions = [...new Set(batch)].sort((a, b) => Number(a - b))
        tail.append(
          positions.map((position) => anEvent(position)),
          positions.at(-1) ?? 0n,
        )
      }
      const got = tail.since(0n, OPEN, RECEIVED_MS).toString().split(',').filter(Boolean).map(Number)
      expect(got).toEqual([...new Set(got)].sort((a, b) => a - b))
    }),
  )
})

describe('a filter', () => {
  test('chooses by author and topic, and lets no tombstone through', () => {
    const tail = new Tail(0n)
    const gone = { position: 3n, entry: entryOf(aTombstone(3n), RECEIVED_MS), bytes: Buffer.from('3,') }
    tail.append([anEvent(1n, 'news'), anEvent(2n), gone], 3n)
    expect(tail.since(0n, { ...OPEN, topic: 'news' }, RECEIVED_MS).toString()).toBe('1,')
    expect(tail.since(0n, { ...OPEN, author: AUTHOR.publicKey }, RECEIVED_MS).toString()).toBe('1,2,')
    expect(tail.since(0n, { ...OPEN, author: RECEIVER.publicKey }, RECEIVED_MS).toString()).toBe('')
    expect(tail.since(0n, OPEN, RECEIVED_MS).toString()).toBe('1,2,3,')
  })
})
