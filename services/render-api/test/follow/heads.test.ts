import { keyPairFromSeed, partitionOf, type Row } from '@p2pmsg/protocol'
import { beforeEach, expect, test } from 'vitest'
import { Heads } from '../../src/follow/heads.ts'
import { aRow, aTombstone, RECEIVER } from '../rows.ts'

const PARTITIONS = 4
const feed = RECEIVER.publicKey
const partition = partitionOf(feed, PARTITIONS)
/** A feed in the same partition. */
const neighbour = Array.from({ length: 64 }, (_, i) => keyPairFromSeed(Buffer.alloc(32, 100 + i)).publicKey).find(
  (key) => partitionOf(key, PARTITIONS) === partition,
)

let now = 0
let heads: Heads
const hear = (prev: bigint, last: bigint, rows: readonly Row[] | undefined) =>
  heads.heard(partition, { prev, last, rows })

beforeEach(() => {
  now = 0
  heads = new Heads(() => now)
  heads.setPartitions(PARTITIONS)
  hear(0n, 10n, [])
})

test('nothing is known before the partitions are, nor of a partition that was not heard', () => {
  expect(new Heads(() => now).unchanged(feed, 10n)).toBe(false)
  const silent = new Heads(() => now)
  silent.setPartitions(PARTITIONS)
  expect(silent.unchanged(feed, 10n)).toBe(false)
})

test('a page is true until a message comes into its feed', () => {
  expect(heads.unchanged(feed, 10n)).toBe(true)
  hear(10n, 20n, [aRow(20n, { text: 'new' })])
  expect(heads.unchanged(feed, 10n)).toBe(false)
  expect(heads.unchanged(feed, 20n)).toBe(true)
  if (!neighbour) throw new Error('no feed shares the partition')
  expect(heads.unchanged(neighbour, 10n)).toBe(true)
})

test('a page older than what was heard first may have missed anything', () => {
  expect(heads.unchanged(feed, 9n)).toBe(false)
})

test.each([
  ['that follows a lost one', () => hear(15n, 20n, [])],
  ['without rows', () => hear(10n, 20n, undefined)],
  ['with a tombstone, which names no feed', () => hear(10n, 20n, [aTombstone(20n)])],
])('an announcement %s means: ask', (_, announce) => {
  announce()
  expect(heads.unchanged(feed, 10n)).toBe(false)
  expect(heads.unchanged(feed, 20n)).toBe(true)
})

test('a heartbeat changes nothing but keeps the word; silence ends it', () => {
  hear(0n, 10n, undefined)
  expect(heads.unchanged(feed, 10n)).toBe(true)
  now = 3_001
  expect(heads.unchanged(feed, 10n)).toBe(false)
  hear(0n, 10n, [])
  expect(heads.unchanged(feed, 10n)).toBe(true)
})
