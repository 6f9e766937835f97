// What `p2pmsg trace` makes of a service's answer, one that means ill too.
import { REFUSAL_CODES } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { traced } from '../../src/cli/traced.ts'

const ID = 'ab'.repeat(32)
const at = (ms: number) => new Date(1_800_000_000_000 + ms).toISOString()
const STORED = {
  position: '513',
  cursor: 'AQAAAAAAAAIB',
  received: at(0),
  accepted: at(12),
  stored: at(40),
  removed: false,
}

test('each stage has its time, and how long it took', () => {
  const [head, ...stages] = traced({ id: ID, stage: 'stored', stored: STORED }).split('\n')
  expect(head).toBe(`message ${ID}`)
  const cells = stages.map((line) => line.trim().split(/ {2,}/).slice(0, 3))
  expect(cells).toEqual([
    ['received', at(0), 'at a router'],
    ['accepted', at(12), '+12 ms'],
    ['stored', at(40), '+28 ms'],
    ['It stands at 513 in the log (cursor AQAAAAAAAAIB).'],
  ])
})

test('what the log no longer holds has no time, and a clock that goes behind shows', () => {
  const text = traced({ id: ID, stage: 'stored', stored: { ...STORED, accepted: null, stored: at(-3), removed: true } })
  expect(text).toMatch(/accepted +- +the log no longer says when/)
  expect(text).toMatch(/stored .* -3 ms/)
  expect(text).toContain('Its author removed it')
})

test.each(REFUSAL_CODES)('%s comes with what can be done', (code) => {
  const refused = { code, meaning: 'No.', final: true, time: at(0) }
  expect(traced({ id: ID, stage: 'refused', refused })).toMatch(/\nNo\. This is final: [a-z].*\.$/)
})

test('a service cannot steer the terminal', () => {
  const refused = { code: 'poison\u001b[2J', meaning: '\u001b[31mred\u202e', final: false, time: at(0) }
  const text = traced({ id: ID, stage: 'refused', refused })
  for (const steering of ['\u001b', '\u202e']) expect(text).not.toContain(steering)
})
