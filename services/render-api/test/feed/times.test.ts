import { expect, test } from 'vitest'
import { isoFromMicros, isoFromMs } from '../../src/feed/times.ts'

test('microseconds are kept', () => {
  expect(isoFromMicros(1_767_323_045_678_901n)).toBe('2026-01-02T03:04:05.678901Z')
  expect(isoFromMicros(7n)).toBe('1970-01-01T00:00:00.000007Z')
})

test('times that no format prints are clamped instead of failing the page', () => {
  expect(isoFromMicros(2n ** 63n - 1n)).toBe('9999-12-31T23:59:59.000000Z')
  expect(isoFromMs(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T23:59:59.000Z')
  expect(isoFromMs(-1)).toBe('1970-01-01T00:00:00.000Z')
})
