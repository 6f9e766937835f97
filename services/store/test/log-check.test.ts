import { EPOCH_SEQUENCES } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { mismatch } from '../src/log-check.ts'

const one = EPOCH_SEQUENCES
const two = 2 * EPOCH_SEQUENCES
const at = (appliedSeq: number) => ({ appliedSeq, appliedHash: undefined })
const log = (firstSeq: number, lastSeq: number) => ({ firstSeq, lastSeq })

test.each([
  ['a new database and a new log', at(0), log(one, one - 1)],
  ['a new database and a log that was never trimmed', at(0), log(one, one + 50)],
  ['a log without epochs', at(0), log(1, 50)],
  ['a log that goes on', at(one + 10), log(one, one + 50)],
  ['a log that has nothing new', at(one + 50), log(one, one + 50)],
  ['a log trimmed to what was applied last', at(one + 10), log(one + 10, one + 50)],
  ['a log whose records are all gone, all of them applied', at(one + 50), log(one + 51, one + 50)],
  ['the next epoch, from its begin', at(one + 10), log(two, two + 5)],
])('%s: the store may go on', (_, progress, bounds) => {
  expect(mismatch(progress, bounds)).toBeUndefined()
})

test.each([
  ['a new database and a log that was trimmed', at(0), log(one + 1, one + 50), /trimmed/],
  ['a log that ends before what was applied', at(one + 51), log(one, one + 50), /ends at/],
  ['a log that begins behind what was applied', at(one + 10), log(one + 12, one + 50), /begins at/],
  ['the next epoch, trimmed', at(one + 10), log(two + 1, two + 5), /trimmed/],
  ['an epoch that is over', at(two + 10), log(one, one + 50), /epoch/],
])('%s: the store must stop', (_, progress, bounds, why) => {
  expect(mismatch(progress, bounds)).toMatch(why)
})
