import { expect, test } from 'vitest'
import { httpStatus, isRefusalCode, isTemporary, krpcNumber, meaningOf, REFUSAL_CODES } from '../src/codes.ts'

test('the numbers of the codes on the bus are for ever', () => {
  expect(REFUSAL_CODES).toEqual([
    'malformed',
    'too-large',
    'bad-signature',
    'unknown-receiver',
    'expired',
    'future',
    'too-old',
    'blocked',
    'not-allowed',
    'poison',
    'rate-limited',
    'busy',
    'unavailable',
  ])
})

test('the last three are temporary, and only they', () => {
  expect(REFUSAL_CODES.filter(isTemporary)).toEqual(['rate-limited', 'busy', 'unavailable'])
})

test.each(REFUSAL_CODES)('%s has a meaning, a BEP number and an HTTP status that says who is to act', (code) => {
  expect(meaningOf(code)).toMatch(/^[A-Z].*\.$/)
  expect([201, 203, 205, 206, 302]).toContain(krpcNumber(code))
  expect(httpStatus(code) === 429 || httpStatus(code) >= 500).toBe(isTemporary(code))
})

test('nothing else is a code', () => {
  for (const text of ['', 'Busy', 'busy ', 'toString', '__proto__']) expect(isRefusalCode(text)).toBe(false)
})
