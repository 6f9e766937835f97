// The asking half of a node, with a clock of the test's own: no socket, no waiting.
import {
  encodeError,
  encodeQuery,
  encodeReply,
  type Frame,
  type Outgoing,
  parseFrame,
  parseIp,
  type UdpAddress,
} from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer, Call, Next } from '../src/krpc/call.ts'
import { Calls } from '../src/krpc/calls.ts'

const ID = Buffer.alloc(20, 1)
const at = (host: string, port = 6881): UdpAddress => ({ ip: parseIp(host) as Uint8Array, port })
const [ROUTER, STRANGER] = [at('192.0.2.1'), at('192.0.2.2')]

/** Asks `tries` times, every 100 ms, and keeps what comes. */
function aCall(tries = 3, next: Next = 'done') {
  const answers: Answer[] = []
  let ended = false
  const call: Call = {
    timed: true,
    attempt: (sent) => (sent < tries ? { datagram: { to: ROUTER, method: 'ping', args: {} }, waitMs: 100 } : undefined),
    answered: (answer) => {
      answers.push(answer)
      return next
    },
    unanswered: () => {
      ended = true
    },
  }
  return { call, answers, ended: () => ended }
}

function frameOf([first]: readonly Outgoing[]): Frame {
  const frame = parseFrame(first?.bytes ?? new Uint8Array(0))
  if (!frame.ok) throw new Error(frame.fault)
  return frame.value
}

const reply = (t: Uint8Array) => encodeReply(t, { id: ID }, Buffer.alloc(6))

test('an answer is matched by transaction and address', () => {
  const calls = new Calls(ID, 7)
  const { call, answers } = aCall()
  const { t } = frameOf(calls.open(call, 0).outgoing)
  calls.receive(reply(t), STRANGER, 1)
  calls.receive(reply(Buffer.from('nope')), ROUTER, 1)
  expect(answers).toHaveLength(0)
  calls.receive(reply(t), ROUTER, 2)
  expect(answers).toMatchObject([{ kind: 'reply', from: ROUTER }])
  calls.receive(reply(t), ROUTER, 3)
  expect(answers).toHaveLength(1)
  expect(calls.counts.stray).toBe(3)
  expect(calls.size).toBe(0)
})

test('without an answer the same bytes go out again, and then the call ends', () => {
  const calls = new Calls(ID, 7)
  const { call, ended } = aCall(3)
  const sent = [...calls.open(call, 0).outgoing]
  for (let now = 0; now <= 400; now += 10) sent.push(...calls.tick(now))
  expect(sent).toHaveLength(3)
  expect(new Set(sent.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1)
  expect(ended()).toBe(true)
  expect(calls.deadline).toBeUndefined()
})

test('the deadline is never later than the next wait', () => {
  const calls = new Calls(ID, 7)
  calls.open(aCall().call, 50)
  calls.open(aCall().call, 20)
  expect(calls.deadline).toBe(120)
  calls.tick(120)
  expect(calls.deadline).toBe(150)
})

test('an answer may ask for another attempt, at once or later', () => {
  const calls = new Calls(ID, 7)
  const later = aCall(5, { againInMs: 30 })
  const { t } = frameOf(calls.open(later.call, 0).outgoing)
  expect(calls.receive(encodeError(t, 201, 'busy'), ROUTER, 10)).toHaveLength(0)
  expect(calls.tick(39)).toHaveLength(0)
  expect(calls.tick(40)).toHaveLength(1)
  const now = aCall(5, { againInMs: 0 })
  const other = frameOf(calls.open(now.call, 50).outgoing)
  expect(calls.receive(encodeError(other.t, 201, 'busy'), ROUTER, 60)).toHaveLength(1)
})

test('only whom we asked gets a pong, and to nothing but a ping', () => {
  const calls = new Calls(ID, 7)
  const ping = encodeQuery(Buffer.from('aa'), 'ping', { id: ID })
  expect(calls.receive(ping, ROUTER, 0)).toHaveLength(0)
  calls.open(aCall().call, 0)
  const [pong] = calls.receive(ping, ROUTER, 1)
  expect(pong?.to).toEqual(ROUTER)
  expect(frameOf(pong ? [pong] : [])).toMatchObject({ kind: 'reply', t: Buffer.from('aa') })
  expect(calls.receive(encodeQuery(Buffer.from('bb'), 'get', { id: ID }), ROUTER, 2)).toHaveLength(0)
  expect(calls.receive(ping, STRANGER, 3)).toHaveLength(0)
})

test('the timeout follows the measured round trips, within its clamps', () => {
  const calls = new Calls(ID, 7)
  expect(calls.timeoutMs(ROUTER)).toBe(400)
  const answerAfter = (ms: number, now: number) => {
    const { t } = frameOf(calls.open(aCall().call, now).outgoing)
    calls.receive(reply(t), ROUTER, now + ms)
  }
  for (let i = 0; i < 50; i++) answerAfter(1, i * 1000)
  expect(calls.timeoutMs(ROUTER)).toBe(150)
  for (let i = 50; i < 100; i++) answerAfter(300, i * 1000)
  expect(calls.timeoutMs(ROUTER)).toBeGreaterThan(300)
  for (let i = 100; i < 200; i++) answerAfter(i % 2 === 0 ? 10 : 5_000, i * 10_000)
  expect(calls.timeoutMs(ROUTER)).toBe(1_500)
})

test('a repeated query measures nothing: its answer may belong to the first (Karn)', () => {
  const calls = new Calls(ID, 7)
  const { t } = frameOf(calls.open(aCall().call, 0).outgoing)
  calls.tick(100)
  calls.receive(reply(t), ROUTER, 101)
  expect(calls.timeoutMs(ROUTER)).toBe(400)
})

test('whatever strangers and routers send, it is a count and not an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_500 }), fc.boolean(), (bytes, known) => {
      const calls = new Calls(ID, 7)
      calls.open(aCall().call, 0)
      calls.receive(bytes, known ? ROUTER : STRANGER, 1)
      expect(calls.size).toBe(1)
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 255 }), (position, value) => {
      const calls = new Calls(ID, 7)
      const { t } = frameOf(calls.open(aCall().call, 0).outgoing)
      const bytes = Uint8Array.from(reply(t))
      bytes[position % bytes.length] = value
      calls.receive(bytes, ROUTER, 1)
      expect(calls.size).toBeLessThanOrEqual(1)
    }),
  )
})

test('open calls are bounded', () => {
  const calls = new Calls(ID, 0xffff_ff00)
  for (let i = 0; i < 8_192; i++) calls.open(aCall().call, 0)
  expect(() => calls.open(aCall().call, 0)).toThrow(RangeError)
})
