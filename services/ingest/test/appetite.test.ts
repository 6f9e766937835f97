import { expect, test } from 'vitest'
import { Appetite } from '../src/appetite.ts'

/** A server that works at a fixed rate and always has a queue: the stay of a pack follows from how many are in hand. */
function settle(packsPerSecond: number, packs: number): number {
  const appetite = new Appetite()
  for (let i = 0; i < packs; i++) appetite.through((appetite.limit / packsPerSecond) * 1000, appetite.limit)
  return appetite.limit
}

test.each([4, 40, 400])(
  'with a queue of packs and %i judged each second, no more than a second of work is in hand',
  (rate) => {
    const limit = settle(rate, 5_000)
    expect(limit).toBeGreaterThanOrEqual(1)
    expect(limit).toBeLessThanOrEqual(rate)
    expect(limit).toBeGreaterThanOrEqual(Math.floor(rate / 4))
  },
)

test('without a queue it does not grow', () => {
  const appetite = new Appetite()
  const before = appetite.limit
  for (let i = 0; i < 1_000; i++) appetite.through(1, 1)
  expect(appetite.limit).toBe(before)
})

test('it never falls below one pack nor grows above its bound', () => {
  const slow = new Appetite()
  for (let i = 0; i < 1_000; i++) slow.through(60_000, slow.limit)
  expect(slow.limit).toBe(1)
  expect(settle(1_000_000, 5_000)).toBe(256)
})
