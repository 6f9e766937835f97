import { expect, test } from 'vitest'
import { AnEdge, at, wordOf } from '../support/an-edge.ts'

const PEER = at('192.0.2.1')
const WAITING_MAX = 640

test('when too many wait, those who know that they are logged are forgotten first', () => {
  const edge = new AnEdge({ waitingMax: WAITING_MAX })
  const first = edge.message()
  edge.post(first, PEER)
  for (let i = 1; i < WAITING_MAX; i++) expect(edge.post(edge.message(), PEER)).toEqual([])
  edge.acknowledge()
  // nobody was told anything yet, so there is no one to forget
  expect(edge.post(edge.message(), PEER).map(wordOf)).toEqual(['busy'])
  const told = edge.pass(1_500).map(wordOf)
  expect(told).toEqual(Array.from({ length: WAITING_MAX }, () => 'logged'))
  for (let i = 0; i < WAITING_MAX; i++) expect(edge.post(edge.message(), PEER)).toEqual([])
  // who was forgotten may ask again: the message is packed once more
  edge.pass(2_000)
  edge.acknowledge()
  const packs = edge.published.length
  edge.pass(2_000)
  edge.post(first, PEER)
  edge.pass(3)
  expect(edge.published).toHaveLength(packs + 1)
})
