import { expect, test } from 'vitest'
import { matches } from '../../src/http/conditional.ts'

test.each([
  [undefined, false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", W/"a" ,"c"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
])('If-None-Match %j against "a": %s', (header, expected) => {
  expect(matches(header, '"a"')).toBe(expected)
})

test('a list without end is looked at up to a bound', () => {
  expect(matches(`${'"b",'.repeat(100)}"a"`, '"a"')).toBe(false)
})
