import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/telex/json-members.ts'
import { matches, parseTap } from '../../src/telex/tap.ts'
import { parseTelex } from '../../src/telex/telex.ts'

const telex = { '+end': 'ab', '+key': 'k', '+n': 5, '+zero': '0', '+none': null, '+t': true, plain: 'x' }

function taps(tap: Json): boolean {
  const heard = parseTelex(Buffer.from(JSON.stringify(telex)))
  return heard.ok && matches(parseTap(tap)?.rules ?? [], heard.value)
}

describe('a tap', () => {
  test.each<[Json, boolean]>([
    [[{ has: ['+key'] }], true],
    [[{ is: { '+end': 'ab' } }], true],
    [[{ is: { '+end': 'AB' } }], false],
    [[{ is: { '+end': 'ab' }, has: ['+pop'] }], false],
    [[{ is: { '+n': '5' } }], true],
    [[{ is: { '+n': 5 } }], true],
    [[{ is: { '+t': '1' } }], true],
    [[{ is: { plain: 'x' } }], true],
    [[{ has: ['+zero'] }], false],
    [[{ has: ['+none'] }], false],
    [[{ has: ['+other'] }, { has: ['+key'] }], true],
    [[{ has: ['__proto__'] }], false],
    [[], false],
  ])('%j matches: %s', (tap, expected) => {
    expect(taps(tap)).toBe(expected)
  })

  test.each<[Json]>([
    [[{}]],
    [[{ is: 'text' }]],
    [[{ has: 'text' }]],
    [[{ is: {}, has: [] }]],
    [[{ is: { '+end': ['ab'] } }]],
    [[{ is: { '+end': 'ab' }, has: 'text' }]],
    [[{ has: [1] }]],
    [[null]],
    [['+key']],
    [[[{ has: ['+key'] }]]],
  ])('%j is malformed and matches nothing', (tap) => {
    expect(taps(tap)).toBe(false)
    expect(parseTap(tap)?.invalid).toBe(1)
  })

  test('that is no list is no tap', () => {
    for (const tap of ['x', 5, null, { has: ['+key'] }, undefined]) expect(parseTap(tap)).toBeUndefined()
  })

  test('has at most 16 rules of at most 16 conditions', () => {
    const rule = { has: ['+key'] }
    expect(parseTap(Array.from({ length: 20 }, () => rule))).toMatchObject({ rules: { length: 16 }, invalid: 4 })
    expect(parseTap([{ has: Array.from({ length: 17 }, () => '+key') }])).toMatchObject({ rules: [], invalid: 1 })
  })
})
