import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatCursor, parseCursor } from '../../src/bus/cursor.ts'
import { partitionOf } from '../../src/bus/partition.ts'
import { EPOCH_MAX, EPOCH_SEQUENCES, epochOf, lastPositionOf, positionOf, streamSeqOf } from '../../src/bus/position.ts'

const seq = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const slot = fc.integer({ min: 0, max: 255 })

test('positions are in the order of sequences, then of slots', () => {
  fc.assert(
    fc.property(seq, slot, seq, slot, (seqA, slotA, seqB, slotB) => {
      const order = Math.sign(seqA - seqB) || Math.sign(slotA - slotB)
      const [a, b] = [positionOf(seqA, slotA), positionOf(seqB, slotB)]
      expect(a < b ? -1 : a > b ? 1 : 0).toBe(order)
      expect(streamSeqOf(a)).toBe(seqA)
      expect(a <= lastPositionOf(seqA) && lastPositionOf(seqA) < positionOf(seqA + 1, 0)).toBe(true)
    }),
  )
})

test('a later epoch comes after every position of an earlier one, up to the last that a double holds', () => {
  expect(positionOf(EPOCH_SEQUENCES, 0)).toBeGreaterThan(lastPositionOf(EPOCH_SEQUENCES - 1))
  expect([0, EPOCH_SEQUENCES - 1, EPOCH_SEQUENCES, EPOCH_MAX * EPOCH_SEQUENCES].map(epochOf)).toEqual([
    0,
    0,
    1,
    EPOCH_MAX,
  ])
  expect(Number.isSafeInteger(EPOCH_MAX * EPOCH_SEQUENCES + EPOCH_SEQUENCES - 1)).toBe(true)
  expect(lastPositionOf(Number.MAX_SAFE_INTEGER)).toBeLessThan(2n ** 63n)
})

test('a cursor comes back as the position it was made of', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (position) => {
      const cursor = formatCursor(position)
      expect(cursor).toMatch(/^[A-Za-z0-9_-]{12}$/)
      expect(parseCursor(cursor)).toEqual({ ok: true, value: position })
    }),
  )
})

test.each(['', 'AQAAAAAAAAA', 'AQAAAAAAAAAAA', 'AgAAAAAAAAAB', 'AQ=AAAAAAAAB', 'AQ AAAAAAAAB', 'Af__________'])(
  'cursor %j is none',
  (text) => {
    expect(parseCursor(text)).toEqual({ ok: false, fault: 'bad-cursor' })
  },
)

test('any text as a cursor is read without throwing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 12, maxLength: 12 })), (text) => {
      const read = parseCursor(text)
      if (read.ok) expect(formatCursor(read.value)).toBe(text)
    }),
  )
})

test('partitions are the first four bytes of SHA-256, and keys spread over all of them', () => {
  // SHA-256 of 32 zero bytes begins with 66687aad
  expect(partitionOf(Buffer.alloc(32), 256)).toBe(0x66687aad % 256)
  expect(partitionOf(Buffer.alloc(32), 7)).toBe(0x66687aad % 7)
  const counts = new Map<number, number>()
  for (let i = 0; i < 4_000; i++) {
    const key = Buffer.alloc(32)
    key.writeUInt32BE(i)
    counts.set(partitionOf(key, 4), (counts.get(partitionOf(key, 4)) ?? 0) + 1)
  }
  for (const partition of [0, 1, 2, 3]) expect(counts.get(partition)).toBeGreaterThan(850)
})
