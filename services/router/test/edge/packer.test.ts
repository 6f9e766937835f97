import { encodeContent, encodeMessage, PACK_BYTES_MAX, PACK_ENVELOPES_MAX, receiverOf } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { PACKS_IN_FLIGHT_MAX } from '../../src/edge/packer.ts'
import { HttpWaiter } from '../../src/http/http-waiter.ts'
import { AnEdge, at, wordOf } from '../support/an-edge.ts'

const PEER = at('192.0.2.1')

test('a pack closes at 64 envelopes without waiting', () => {
  const edge = new AnEdge()
  for (let i = 0; i < PACK_ENVELOPES_MAX; i++) edge.post(edge.message(), PEER)
  expect(edge.published.map(({ pack }) => pack.envelopes.length)).toEqual([PACK_ENVELOPES_MAX])
  edge.post(edge.message(), PEER)
  expect(edge.published).toHaveLength(1)
})

test('a pack closes before the envelope that would make it larger than 256 KiB', () => {
  const edge = new AnEdge()
  const value = encodeContent({ body: Buffer.alloc(65_000) })
  for (let i = 0; i < 10; i++) {
    const message = { ...edge.message(), seq: BigInt(i), value }
    const submission = {
      receiver: receiverOf(message),
      valueBytes: value.length,
      payload: () => encodeMessage(message),
    }
    edge.parts.intake.submit(submission, 'http', value.length, new HttpWaiter(), edge.nowMs, [])
  }
  edge.pass(3)
  expect(edge.published.map(({ pack }) => pack.envelopes.length)).toEqual([4, 4, 2])
  expect(4 * 65_000).toBeLessThan(PACK_BYTES_MAX)
})

test('packs are numbered from zero under one incarnation', () => {
  const edge = new AnEdge()
  for (let i = 0; i < 3; i++) {
    edge.post(edge.message(), PEER)
    edge.pass(3)
  }
  expect(edge.published.map(({ id }) => id.counter)).toEqual([0, 1, 2])
  expect(new Set(edge.published.map(({ id }) => Buffer.from(id.incarnation).toString('hex'))).size).toBe(1)
})

test('busy when 256 packs are unacknowledged and one more is full; an acknowledgement makes room', () => {
  const edge = new AnEdge()
  for (let i = 0; i < PACKS_IN_FLIGHT_MAX; i++) {
    edge.post(edge.message(), PEER)
    edge.pass(3)
  }
  expect(edge.published).toHaveLength(PACKS_IN_FLIGHT_MAX)
  for (let i = 0; i < PACK_ENVELOPES_MAX; i++) expect(edge.post(edge.message(), PEER)).toEqual([])
  expect(edge.post(edge.message(), PEER).map(wordOf)).toEqual(['busy'])
  edge.pass(10)
  expect(edge.published).toHaveLength(PACKS_IN_FLIGHT_MAX)
  edge.acknowledge()
  expect(edge.published.at(-1)?.pack.envelopes).toHaveLength(PACK_ENVELOPES_MAX)
  expect(edge.post(edge.message(), PEER)).toEqual([])
})
