import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Deadlines, type Timed } from '../../src/pipe/deadlines.ts'

test('the earliest is next, however deadlines are set, moved and dropped', () => {
  const step = fc.tuple(fc.nat(15), fc.option(fc.nat(100), { nil: undefined }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(100), (steps, nowMs) => {
      const items: Timed[] = Array.from({ length: 16 }, () => ({ slot: -1, dueMs: 0 }))
      const expected = new Map<Timed, number>()
      const deadlines = new Deadlines<Timed>()
      for (const [i, dueMs] of steps) {
        const item = items[i] as Timed
        deadlines.set(item, dueMs)
        if (dueMs === undefined) expected.delete(item)
        else expected.set(item, dueMs)
        expect(deadlines.size).toBe(expected.size)
        expect(deadlines.nextMs).toBe(expected.size === 0 ? undefined : Math.min(...expected.values()))
      }
      const due = deadlines.takeDue(nowMs).map(({ dueMs }) => dueMs)
      expect(due).toEqual([...expected.values()].filter((dueMs) => dueMs <= nowMs).toSorted((a, b) => a - b))
      expect(deadlines.size).toBe(expected.size - due.length)
    }),
  )
})
