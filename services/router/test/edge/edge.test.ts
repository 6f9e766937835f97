import { randomBytes } from 'node:crypto'
import { messageId, parseMessage } from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { AnEdge, at, bodyOf, msg, wordOf } from '../support/an-edge.ts'

const PEER = at('192.0.2.1')
const OTHER = at('192.0.2.2')

describe('the way of a message', () => {
  test('accepted: packed as signed after 3 ms, its receipt sent to whoever asked', () => {
    const edge = new AnEdge()
    const message = edge.message()
    expect(edge.post(message, PEER)).toEqual([])
    expect(edge.published).toHaveLength(0)
    expect(edge.pass(3)).toEqual([])
    const [published] = edge.published
    const [envelope] = published?.pack.envelopes ?? []
    expect(parseMessage(envelope?.payload ?? new Uint8Array(0))).toEqual({ ok: true, value: message })
    expect(envelope?.dialect).toBe('krpc')
    edge.acknowledge()
    const receipt = randomBytes(400)
    const [answer, ...more] = verdict(edge, 0, { accepted: [{ packIndex: 0, id: messageId(message), receipt }] })
    expect(more).toEqual([])
    expect(answer?.to).toEqual(PEER)
    expect(wordOf(answer)).toBe('accepted')
    expect(bodyOf(answer).bytes('receipt')).toEqual(receipt)
    expect(bodyOf(answer).bytes('mid')).toEqual(messageId(message))
    expect(edge.parts.edge.isIdle).toBe(true)
  })

  test('logged 1.5 s after reception, and accepted later all the same', () => {
    const edge = new AnEdge()
    const message = edge.message()
    edge.post(message, PEER)
    edge.pass(3)
    edge.acknowledge()
    expect(edge.pass(1_490)).toEqual([])
    const [logged] = edge.pass(10)
    expect(wordOf(logged)).toBe('logged')
    expect(bodyOf(logged).bytes('mid')).toEqual(messageId(message))
    const [answer] = verdict(edge, 0, { accepted: [{ packIndex: 0, id: messageId(message), receipt: randomBytes(9) }] })
    expect(wordOf(answer)).toBe('accepted')
  })

  test('never logged without the word of EDGE, however long it takes', () => {
    const edge = new AnEdge()
    edge.post(edge.message(), PEER)
    expect(edge.pass(4_000)).toEqual([])
    expect(edge.acknowledge().map(wordOf)).toEqual(['logged'])
  })

  test.each(['busy', 'unavailable'] as const)(
    '%s when EDGE does not take the pack; a new try is a new message',
    (code) => {
      const edge = new AnEdge()
      const message = edge.message()
      edge.post(message, PEER)
      edge.pass(3)
      const [published] = edge.published
      if (!published) throw new Error('nothing was published')
      expect(edge.parts.edge.failed(published.inFlight, code, edge.nowMs).map(wordOf)).toEqual([code])
      edge.post(message, PEER)
      edge.pass(3)
      expect(edge.published).toHaveLength(2)
    },
  )

  test('a verdict may come before the acknowledgement, twice, and for other envelopes', () => {
    const edge = new AnEdge()
    const [one, two] = [edge.message('1'), edge.message('2')]
    edge.post(one, PEER, 'one1')
    edge.post(two, PEER, 'two2')
    edge.pass(3)
    const said = { accepted: [{ packIndex: 1, id: messageId(two), receipt: randomBytes(9) }] }
    expect(verdict(edge, 0, said).map(wordOf)).toEqual(['accepted'])
    expect(verdict(edge, 0, said)).toEqual([])
    expect(verdict(edge, 0, { refused: [{ packIndex: 63, code: 'blocked' }] })).toEqual([])
    expect(edge.acknowledge()).toEqual([])
    expect(verdict(edge, 0, { refused: [{ packIndex: 0, code: 'bad-signature' }] }).map(wordOf)).toEqual([
      'bad-signature',
    ])
    expect(edge.parts.edge.isIdle).toBe(true)
  })

  test('after 30 s without a verdict nobody is waited for', () => {
    const edge = new AnEdge()
    edge.post(edge.message(), PEER)
    edge.pass(3)
    edge.acknowledge()
    expect(edge.pass(29_990).map(wordOf)).toEqual(['logged'])
    expect(edge.parts.edge.isIdle).toBe(false)
    edge.pass(10)
    expect(edge.parts.edge.isIdle).toBe(true)
    expect(edge.parts.edge.deadline).toBe(edge.parts.node.deadline)
  })

  test('a sender whose clock is the trouble is told ours', () => {
    const edge = new AnEdge()
    edge.post(edge.message(), PEER)
    edge.pass(3)
    expect(verdict(edge, 0, { refused: [{ packIndex: 0, code: 'too-old' }] }).map(wordOf)).toEqual([
      `too-old now=${edge.nowMs}`,
    ])
  })
})

describe('repeats', () => {
  test('a flood of copies of a pending message makes one envelope and one answer for each address', () => {
    const edge = new AnEdge()
    const message = edge.message()
    for (let i = 0; i < 100; i++) edge.post(message, PEER, `t${100 + i}`)
    edge.post(message, OTHER)
    edge.pass(3)
    expect(edge.published.map(({ pack }) => pack.envelopes.length)).toEqual([1])
    const answers = verdict(edge, 0, { accepted: [{ packIndex: 0, id: messageId(message), receipt: randomBytes(9) }] })
    expect(answers.map(({ to }) => to)).toEqual([PEER, OTHER])
  })

  test('of more than four who wait for one message, the further are told to come back', () => {
    const edge = new AnEdge()
    const message = edge.message()
    const words = [1, 2, 3, 4, 5].map((last) => edge.post(message, at(`192.0.2.${last}`)).map(wordOf))
    expect(words).toEqual([[], [], [], [], ['busy']])
  })

  test('who joins after `logged` is told at once', () => {
    const edge = new AnEdge()
    const message = edge.message()
    edge.post(message, PEER)
    edge.pass(3)
    edge.acknowledge()
    edge.pass(2_000)
    expect(edge.post(message, OTHER).map(wordOf)).toEqual(['logged'])
  })

  test('an accepted message gets its first receipt for ten minutes, and is not packed again', () => {
    const edge = new AnEdge()
    const message = edge.message()
    edge.post(message, PEER)
    edge.pass(3)
    edge.acknowledge()
    const receipt = randomBytes(400)
    verdict(edge, 0, { accepted: [{ packIndex: 0, id: messageId(message), receipt }] })
    edge.pass(599_000)
    const [again] = edge.post(message, OTHER)
    expect(bodyOf(again).bytes('receipt')).toEqual(receipt)
    expect(edge.published).toHaveLength(1)
    edge.pass(2_000)
    edge.post(message, OTHER)
    edge.pass(3)
    expect(edge.published).toHaveLength(2)
  })

  test('a final refusal is repeated for a minute, a temporary one never', () => {
    const edge = new AnEdge()
    const [bad, early] = [edge.message('bad'), edge.message('early')]
    edge.post(bad, PEER)
    edge.post(early, PEER)
    edge.pass(3)
    edge.acknowledge()
    verdict(edge, 0, {
      refused: [
        { packIndex: 0, code: 'bad-signature' },
        { packIndex: 1, code: 'rate-limited' },
      ],
    })
    expect(edge.post(bad, PEER).map(wordOf)).toEqual(['bad-signature'])
    expect(edge.post(early, PEER)).toEqual([])
    edge.pass(61_000)
    expect(edge.post(bad, PEER)).toEqual([])
  })

  test('a copy with a bad signature does not stand in the way of the genuine message', () => {
    const edge = new AnEdge()
    const message = edge.message()
    const forged = { ...message, signature: randomBytes(64) }
    edge.post(forged, OTHER)
    edge.pass(3)
    edge.acknowledge()
    verdict(edge, 0, { refused: [{ packIndex: 0, code: 'bad-signature' }] })
    expect(edge.post(message, PEER)).toEqual([])
    edge.pass(3)
    expect(edge.published).toHaveLength(2)
  })
})

describe('refused without asking ingest', () => {
  test('a receiver that is not hosted here', () => {
    const edge = new AnEdge()
    const message = edge.message('hello', edge.author)
    const token = edge.token(PEER, edge.author)
    expect(edge.receive(msg(message, token), PEER).map(wordOf)).toEqual(['unknown-receiver'])
  })

  test('a receiver that was hosted', () => {
    const edge = new AnEdge()
    edge.receivers.remove(Buffer.from(edge.receiver.publicKey).toString('hex'))
    expect(edge.post(edge.message(), PEER).map(wordOf)).toEqual(['unknown-receiver'])
  })

  test('a value over 900 bytes', () => {
    const edge = new AnEdge()
    expect(edge.post(edge.message('x'.repeat(897)), PEER).map(wordOf)).toEqual(['too-large'])
    expect(edge.post(edge.message('x'.repeat(896)), PEER)).toEqual([])
  })

  test('more than the receiver takes, with the time to come back; repeats cost it nothing', () => {
    const edge = new AnEdge({ budget: { perSecond: 10, burst: 2 } })
    const message = edge.message()
    for (let i = 0; i < 10; i++) expect(edge.post(message, PEER)).toEqual([])
    expect(edge.post(edge.message(), PEER)).toEqual([])
    expect(edge.post(edge.message(), PEER).map(wordOf)).toEqual(['rate-limited retry-after=100'])
    edge.pass(100)
    expect(edge.post(edge.message(), PEER)).toEqual([])
  })
})

test('a drain takes nothing new, sends what is packed and is idle after the last verdict', () => {
  const edge = new AnEdge()
  const message = edge.message()
  edge.post(message, PEER)
  edge.parts.edge.stopTaking()
  expect(edge.published).toHaveLength(1)
  expect(edge.post(edge.message(), PEER)).toEqual([])
  expect(edge.ask('ping', {}, PEER)).toEqual([])
  edge.acknowledge()
  expect(edge.parts.edge.isIdle).toBe(false)
  verdict(edge, 0, { accepted: [{ packIndex: 0, id: messageId(message), receipt: randomBytes(9) }] })
  expect(edge.parts.edge.isIdle).toBe(true)
})

type Said = Partial<Parameters<AnEdge['parts']['edge']['verdicts']>[0]>

function verdict(edge: AnEdge, pack: number, said: Said) {
  const packId = edge.published[pack]?.id
  if (!packId) throw new Error(`no pack ${pack}`)
  return edge.parts.edge.verdicts({ packId, accepted: [], refused: [], ...said }, edge.nowMs)
}
