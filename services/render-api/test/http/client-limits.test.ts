import { expect, test } from 'vitest'
import { BURST_SECONDS, ClientLimits, clientOf, LIVE_PER_CLIENT_MAX } from '../../src/http/client-limits.ts'

const START_MS = 1_767_323_046_000

test('a client may ask as often as its bucket lets it, and is told when it may again', () => {
  let nowMs = START_MS
  const limits = new ClientLimits({ perSecond: 2, now: () => nowMs })
  for (let i = 0; i < 2 * BURST_SECONDS; i++) expect(limits.take('192.0.2.1')).toBe(0)
  expect(limits.take('192.0.2.1')).toBe(1)
  expect(limits.take('192.0.2.2')).toBe(0)
  nowMs += 500
  expect(limits.take('192.0.2.1')).toBe(0)
  expect(limits.take('192.0.2.1')).toBe(1)
})

test('what costs more than a bucket has is owed, and keeps the client away for longer', () => {
  let nowMs = START_MS
  const limits = new ClientLimits({ perSecond: 1, now: () => nowMs })
  expect(limits.take('192.0.2.1', BURST_SECONDS + 20)).toBe(0)
  expect(limits.take('192.0.2.1')).toBe(21)
  nowMs += 20_000
  expect(limits.take('192.0.2.1')).toBe(1)
  nowMs += 1_000
  expect(limits.take('192.0.2.1')).toBe(0)
})

test('a clock that is set back gives and takes nothing', () => {
  let nowMs = START_MS
  const limits = new ClientLimits({ perSecond: 1, now: () => nowMs })
  for (let i = 0; i < BURST_SECONDS; i++) limits.take('192.0.2.1')
  nowMs -= 3_600_000
  expect(limits.take('192.0.2.1')).toBe(1)
  nowMs += 1_000
  expect(limits.take('192.0.2.1')).toBe(0)
})

test('live readers of a client are counted until they go, each once', () => {
  const limits = new ClientLimits({ perSecond: 1, now: () => START_MS })
  const ends = Array.from({ length: LIVE_PER_CLIENT_MAX }, () => limits.beginLive('2001:db8::1'))
  expect(ends).not.toContain(undefined)
  expect(limits.beginLive('2001:db8::2')).toBeUndefined()
  expect(limits.beginLive('2001:db8:1::1')).toBeDefined()
  ends[0]?.()
  ends[0]?.()
  expect(limits.beginLive('2001:db8::1')).toBeDefined()
  expect(limits.beginLive('2001:db8::1')).toBeUndefined()
})

test.each([
  ['2001:db8:0:12::1', '2001:db8:0:34:ffff::', true],
  ['2001:db8:0:112::1', '2001:db8:0:34::1', false],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
])('%s and %s are one client: %s', (one, other, same) => {
  expect(clientOf(one) === clientOf(other)).toBe(same)
})
