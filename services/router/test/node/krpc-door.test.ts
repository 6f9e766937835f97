import { describe, expect, test } from 'vitest'
import { AnEdge, at, frameOf, msg, query, wordOf } from '../support/an-edge.ts'

const PEER = at('192.0.2.1')
const WRONG = Buffer.from('8 bytes!')

describe('tokens', () => {
  test('a wrong one is answered with an error that asks for another, no longer than the message', () => {
    const edge = new AnEdge()
    const bytes = msg(edge.message(), WRONG)
    const [answer, ...more] = edge.receive(bytes, PEER)
    expect(more).toEqual([])
    expect(frameOf(answer)).toMatchObject({ kind: 'error', code: 203, text: expect.stringMatching(/^token /) })
    expect(answer?.bytes.length).toBeLessThanOrEqual(bytes.length)
    expect(edge.receive(msg(edge.message(), Buffer.alloc(0)), PEER).map(wordOf)).toEqual([
      'token is wrong or has expired',
    ])
  })

  test("one of another address, or for another receiver's record, is wrong", () => {
    const edge = new AnEdge()
    const stolen = edge.token(PEER)
    expect(edge.receive(msg(edge.message(), stolen), at('192.0.2.2')).map(wordOf)).toEqual([
      'token is wrong or has expired',
    ])
    const elsewhere = edge.token(PEER, edge.author)
    expect(edge.receive(msg(edge.message(), elsewhere), PEER).map(wordOf)).toEqual(['token is wrong or has expired'])
  })

  test('one serves for five to ten minutes, from any port of its address', () => {
    const edge = new AnEdge()
    const token = edge.token(PEER)
    for (const minute of [0, 4]) {
      edge.nowMs += minute * 60_000
      expect(edge.receive(msg(edge.message(), token), at('192.0.2.1', 6_000 + minute))).toEqual([])
    }
    edge.nowMs += 10 * 60_000
    expect(edge.receive(msg(edge.message(), token), PEER).map(wordOf)).toEqual(['token is wrong or has expired'])
  })
})

describe('messages with something wrong', () => {
  const members = (edge: AnEdge) => {
    const { key: k, salt, seq, signature: sig } = edge.message()
    return { token: edge.token(PEER), k, salt, seq, v: 'hello', sig }
  }

  test.each([
    ['a short key', { k: 'short' }],
    ['a short signature', { sig: 'short' }],
    ['a list as value', { v: ['l'] }],
    ['a salt that names no receiver', { salt: 'short' }],
    ['a sequence number that is none', { seq: 'now' }],
    ['a negative sequence number', { seq: -1 }],
  ])('%s is malformed', (_, wrong) => {
    const edge = new AnEdge()
    expect(edge.ask('msg', { ...members(edge), ...wrong }, PEER).map((out) => frameOf(out))).toMatchObject([
      { kind: 'error', code: 203, text: 'malformed' },
    ])
  })

  test('a salt over 64 bytes has a number of its own', () => {
    const edge = new AnEdge()
    const [answer] = edge.ask('msg', { ...members(edge), salt: Buffer.alloc(65) }, PEER)
    expect(frameOf(answer)).toMatchObject({ code: 207, text: 'malformed' })
  })
})

describe('rates', () => {
  test('a proved address has a bucket of its own and is told now and then when it is empty', () => {
    const edge = new AnEdge({ provedPerSecond: 100 })
    const words = Array.from({ length: 200 }, () => edge.post(edge.message(), PEER).map(wordOf)).flat()
    expect(words).toEqual(['rate-limited retry-after=10'])
    expect(edge.post(edge.message(), at('192.0.2.2'))).toEqual([])
    edge.pass(10)
    expect(edge.post(edge.message(), PEER)).toEqual([])
  })

  test('unproved addresses share the bucket of their prefix: 100 at once, then 20 a second', () => {
    const edge = new AnEdge()
    const answered = (count: number) =>
      Array.from({ length: count }, (_, i) => edge.ask('ping', {}, at(`192.0.2.${i % 256}`))).flat().length
    expect(answered(300)).toBe(100)
    edge.pass(1_000)
    expect(answered(300)).toBe(20)
  })

  test('loopback is no exception', () => {
    const edge = new AnEdge()
    const answers = Array.from({ length: 300 }, () => edge.ask('ping', {}, at('127.0.0.1'))).flat()
    expect(answers).toHaveLength(100)
  })

  test('a valid token gets its sender past a prefix that others have used up', () => {
    const edge = new AnEdge()
    for (let i = 0; i < 300; i++) edge.receive(query('ping', {}), at('192.0.2.200'))
    expect(edge.ask('ping', {}, PEER)).toEqual([])
    edge.post(edge.message(), PEER)
    expect(edge.ask('ping', {}, PEER)).toHaveLength(1)
  })
})
