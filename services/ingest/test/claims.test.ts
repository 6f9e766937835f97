import { encodeMessage, partitionOf, type RefusalCode } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { claimsOf } from '../src/claims.ts'
import type { JudgedPack } from '../src/judge-pack.ts'
import { aMessage, anEnvelope, RECEIVER } from './made.ts'

const PARTITIONS = 5
const OURS = partitionOf(RECEIVER.publicKey, PARTITIONS)

function refusedWith(code: RefusalCode, payload: Uint8Array = encodeMessage(aMessage())): JudgedPack {
  const envelope = { ...anEnvelope(aMessage()), payload }
  const pack = { id: { incarnation: Buffer.alloc(8), counter: 0 }, envelopes: [envelope] }
  return { pack, accepted: [], refused: [{ packIndex: 0, code, partition: undefined }] }
}

const claimed = (judged: JudgedPack) => [...claimsOf(judged, PARTITIONS).claimed]

test.each(['unknown-receiver', 'blocked', 'not-allowed', 'too-old', 'unavailable'] as const)(
  '%s may have been an acceptance once: the partition of its receiver is asked, hosted or not',
  (code) => {
    const { judged, claimed } = claimsOf(refusedWith(code), PARTITIONS)
    expect([...claimed]).toEqual([OURS])
    expect(judged.refused).toEqual([{ packIndex: 0, code, partition: OURS }])
  },
)

test.each(['malformed', 'too-large', 'bad-signature', 'future', 'expired'] as const)(
  '%s follows from the envelope alone: nothing is asked',
  (code) => expect(claimed(refusedWith(code))).toEqual([]),
)

test('poison is not looked at, so all partitions are asked', () => {
  expect(claimed(refusedWith('poison'))).toEqual([0, 1, 2, 3, 4])
})

test('what names no receiver was never accepted', () => {
  expect(claimed(refusedWith('unavailable', Buffer.from('nonsense')))).toEqual([])
})
