import { blockHash, DELETE_TYPE, messageId, positionOf } from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { readBlock, toBatch } from '../src/batch.ts'
import { CannotApply } from '../src/cannot-apply.ts'
import { AUTHOR, aMessage, aRecord } from './logged.ts'

const STRANGER = Buffer.alloc(32, 9)
const ELSEWHERE = Buffer.alloc(32, 8)
const batchOf = (...records: ReturnType<typeof aRecord>[]) => toBatch(records.map((record) => readBlock(record, 0)))

describe('a batch', () => {
  test('ends at its last block and holds the messages at their places in the log', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text) => aMessage({ text })) as [ReturnType<typeof aMessage>, never, never]
    const last = aRecord(12, [c], 3_000)
    const batch = batchOf(aRecord(10, [a, b], 5_000), aRecord(11, []), last)
    expect(batch.rows.map((row) => row.position)).toEqual([positionOf(10, 0), positionOf(10, 1), positionOf(12, 0)])
    expect(batch).toMatchObject({ lastSeq: 12, lastReceivedMs: 5_000, duplicates: 0, lastHash: blockHash(last.data) })
  })

  test('keeps an id that comes again at its lowest place', () => {
    const message = aMessage({ text: 'again' })
    const batch = batchOf(aRecord(10, [message, message]), aRecord(11, [message]))
    expect(batch.rows.map((row) => row.position)).toEqual([positionOf(10, 0)])
    expect(batch.duplicates).toBe(2)
  })

  test("removes by the author's own delete to the same receiver alone, wherever in the batch it stands", () => {
    const [early, late, kept] = ['early', 'late', 'kept'].map((text) => aMessage({ text }))
    if (!early || !late || !kept) throw new Error('three messages')
    const del = (target: Uint8Array, author = AUTHOR, receiver?: Uint8Array) =>
      aMessage({ type: DELETE_TYPE, replyTo: target }, author, receiver)
    const batch = batchOf(
      aRecord(10, [early, kept, del(messageId(early)), del(messageId(late))]),
      aRecord(11, [late, del(messageId(kept), STRANGER), del(messageId(kept), AUTHOR, ELSEWHERE)]),
    )
    expect(batch.removed).toEqual(new Set([positionOf(10, 0), positionOf(11, 0)]))
    expect(batch.removals).toHaveLength(4)
  })

  test('of a block with a fault is none: the store stops there', () => {
    const damaged = { ...aRecord(11, []), data: Buffer.from('damaged') }
    expect(() => batchOf(damaged)).toThrow(CannotApply)
    expect(() => toBatch([readBlock(aRecord(11, [aMessage({ text: 'x' })]), 1)])).toThrow(/record 11 .*other-partition/)
  })
})
