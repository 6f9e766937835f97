import { expect, test } from 'vitest'
import { encodeSignal, parseSignal } from '../../src/bus/signal.ts'

const signal = { incarnation: Buffer.alloc(8, 3), proved: true, telex: Buffer.from('{"+a":1}') }

test('a signal goes over the bus and comes out the same', () => {
  for (const proved of [true, false]) {
    const parsed = parseSignal(encodeSignal({ ...signal, proved }))
    expect(parsed.ok && { ...parsed.value, telex: Buffer.from(parsed.value.telex) }).toEqual({ ...signal, proved })
  }
})

test('what is cut, longer, larger than a datagram or of another version is none', () => {
  const bytes = encodeSignal(signal)
  for (let end = 0; end < bytes.length; end++) expect(parseSignal(bytes.subarray(0, end)).ok).toBe(false)
  expect(parseSignal(Buffer.concat([bytes, Buffer.of(0)])).ok).toBe(false)
  expect(parseSignal(encodeSignal({ ...signal, telex: Buffer.alloc(1473) })).ok).toBe(false)
  expect(parseSignal(Buffer.concat([Buffer.of(2), bytes.subarray(1)])).ok).toBe(false)
})
