import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReplayWindow, WINDOW_NUMBERS } from '../../src/pipe/replay-window.ts'
import { runs } from '../made.ts'

/** Steps from the largest number so far: mostly near it, sometimes far ahead or behind. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -40, max: 5 }) },
  { weight: 2, arbitrary: fc.integer({ min: -WINDOW_NUMBERS - 50, max: WINDOW_NUMBERS + 50 }) },
  { weight: 1, arbitrary: fc.constant(3 * WINDOW_NUMBERS) },
)

test('no number is fresh twice; one that was never seen is fresh unless it is a window behind', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.nat(2 ** 32 - 10 ** 7), (steps, start) => {
      const window = new ReplayWindow()
      const seen = new Set<number>()
      let largest = -1
      for (const step of steps) {
        const number = Math.max(largest < 0 ? start : largest + step, 0)
        const fresh = window.isFresh(number)
        if (seen.has(number)) expect(fresh).toBe(false)
        else if (number > largest - WINDOW_NUMBERS + 32) expect(fresh).toBe(true)
        else expect(fresh).toBe(false)
        if (!fresh) continue
        window.mark(number)
        seen.add(number)
        largest = Math.max(largest, number)
        expect(window.isFresh(number)).toBe(false)
      }
      expect(window.largest).toBe(largest)
    }),
    { numRuns: runs(300, 10_000) },
  )
})
