import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ACK_RANGES_MAX } from '../../src/pipe/ack.ts'
import { encodePart, parseParts } from '../../src/pipe/parts.ts'
import { Received } from '../../src/pipe/received.ts'
import { plain } from '../made.ts'

test('an ACK names what came, no more, the latest ranges of it, and can be read', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(120), { minLength: 1, maxLength: 100 }), (counters) => {
      const received = new Received()
      for (const counter of counters) received.add(counter, true, 0)
      const ack = received.take(3)
      const named = (ack?.ranges ?? []).flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      )
      const came = new Set(counters)
      for (const counter of named) expect(came.has(counter)).toBe(true)
      const sorted = counters.toSorted((a, b) => b - a)
      if ((ack?.ranges.length ?? 0) < ACK_RANGES_MAX) expect(named.toSorted((a, b) => b - a)).toEqual(sorted)
      else expect(named).toContain(sorted[0])
      const back = ack && parseParts(encodePart({ type: 'ack', ack }))
      expect(back?.ok && plain(back.value)).toEqual(plain([{ type: 'ack', ack }]))
    }),
  )
})

test('an ACK waits for a second frame or 25 ms; out of order it leaves at once; none is sent for an ACK', () => {
  const received = new Received()
  received.add(0, true, 1000)
  expect(received.dueMs).toBe(1025)
  received.add(1, true, 1010)
  expect(received.dueMs).toBe(1010)
  expect(received.take(1012)).toEqual({ delayMs: 2, ranges: [{ first: 0, last: 1 }] })
  expect(received.dueMs).toBeUndefined()
  received.add(2, false, 1020)
  expect(received.dueMs).toBeUndefined()
  expect(received.take(1020)).toBeUndefined()
  received.add(5, true, 1030)
  expect(received.dueMs).toBe(1030)
  expect(received.take(1030)?.ranges).toEqual([
    { first: 5, last: 5 },
    { first: 0, last: 2 },
  ])
  received.add(4, true, 1040) // late
  expect(received.dueMs).toBe(1040)
})
