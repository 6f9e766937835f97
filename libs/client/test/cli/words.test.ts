// What the command makes of words and strangers' texts, before anything is sent.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readExpiry } from '../../src/cli/expiry.ts'
import { printable, printableLine } from '../../src/cli/printable.ts'

test('a stranger cannot steer the terminal', () => {
  expect(printable('a\u001b[31mred\u0007\u009b2J\u202Eevil\r\nb\tc')).toBe('a[31mred2Jevil\nb    c')
  expect(printableLine(' two\n\u2028lines ')).toBe('two lines')
  expect(printable('👩‍👩‍👧 ünï')).toBe('👩‍👩‍👧 ünï')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u)
      expect(printableLine(text)).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u)
    }),
  )
})

test('an expiry is a length of time or a date, and lies ahead', () => {
  const now = Date.UTC(2030, 0, 1)
  expect(readExpiry('90s', now)).toBe(now / 1000 + 90)
  expect(readExpiry('7d', now)).toBe(now / 1000 + 7 * 86_400)
  expect(readExpiry('2030-01-01T00:00:01Z', now)).toBe(now / 1000 + 1)
  for (const text of ['', '5', '5w', '0s', '2029-12-31', 'tomorrow', '+010000-01-01T00:00:00Z'])
    expect(() => readExpiry(text, now)).toThrow('--expires')
})
