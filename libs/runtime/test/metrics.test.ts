import { expect, test } from 'vitest'
import { backoffMs, counter } from '../src/index.ts'

test('a label that strangers fill stays bounded: what is too much is counted together', () => {
  const faults = counter('test_faults', 'for this test', 'kind')
  for (let i = 0; i < 1000; i++) faults.add(1, `kind-${i}`)
  expect(faults.total('kind-0')).toBe(1)
  expect(faults.total('kind-999')).toBe(0)
  expect(faults.total('other')).toBe(1000 - 64)
})

test('waits double from half a second to the last one, give or take a fifth', () => {
  for (const [attempt, middle] of [
    [0, 500],
    [1, 1000],
    [5, 16_000],
    [6, 30_000],
    [1000, 30_000],
  ] as const) {
    for (let i = 0; i < 50; i++) {
      const wait = backoffMs(attempt)
      expect(wait).toBeGreaterThanOrEqual(middle * 0.8)
      expect(wait).toBeLessThanOrEqual(middle * 1.2)
    }
  }
})
