import { expect, test } from 'vitest'
import { HELLO_BYTES } from '../../src/pipe/handshake.ts'
import { parseReset, RESET_BYTES } from '../../src/pipe/reset.ts'
import type { ServerPipe } from '../../src/pipe/server-pipe.ts'
import { aServer, at, cookieOf, HandMade, START_MS, said } from './helpers.ts'

const CLIENT = at('192.0.2.1')
const PING = { type: 'ping' } as const

test('hello, welcome, frame: a pipe is open with its first frame, and acknowledges', () => {
  const proved: unknown[] = []
  const server = aServer({ onProved: (address) => proved.push(address) })
  const client = new HandMade(CLIENT, 2)
  const [reply] = server.receive(client.hello(), CLIENT, START_MS)
  expect(reply?.to).toEqual(CLIENT)
  expect(reply?.bytes.length).toBeLessThan(HELLO_BYTES / 3)
  expect(server.size).toEqual({ pipes: 0, halfOpen: 1 })
  // The same hello again gets the same answer, and makes nothing new.
  expect(server.receive(client.hello(), CLIENT, START_MS + 1)).toEqual([reply])
  client.welcomed(reply?.bytes ?? Buffer.alloc(0))
  expect(proved).toEqual([])
  const answers = [
    ...server.receive(client.frame(PING), CLIENT, START_MS + 2),
    ...server.receive(client.frame(PING), CLIENT, START_MS + 3),
  ]
  expect(server.size).toEqual({ pipes: 1, halfOpen: 0 })
  expect(proved).toEqual([CLIENT])
  expect(said(client, answers)).toContainEqual({ type: 'ack', ack: { delayMs: 0, ranges: [{ first: 0, last: 1 }] } })
})

test('handshakes that are not gone on with are forgotten', () => {
  const server = aServer()
  server.receive(new HandMade(CLIENT, 2).hello(), CLIENT, START_MS)
  expect(server.deadline).toBe(START_MS + 10_000)
  server.tick(START_MS + 10_000)
  expect(server.size.halfOpen).toBe(0)
  expect(server.counts.expired).toBe(1)
})

test('when half of the table is used, a hello needs a cookie; the cookie of another address is no good', () => {
  const server = aServer({ halfOpenMax: 8 })
  for (let i = 0; i < 4; i++)
    server.receive(new HandMade(at(`198.51.${i}.1`), 10 + i).hello(), at(`198.51.${i}.1`), START_MS)
  expect(server.size.halfOpen).toBe(4)
  const client = new HandMade(CLIENT, 2)
  const [asked] = server.receive(client.hello(), CLIENT, START_MS)
  const cookie = cookieOf(asked?.bytes ?? Buffer.alloc(0))
  expect(cookie).toBeDefined()
  expect(asked?.bytes.length).toBeLessThan(HELLO_BYTES)
  expect(server.size.halfOpen).toBe(4)
  const other = at('192.0.2.2')
  expect(cookieOf(server.receive(client.hello(cookie), other, START_MS)[0]?.bytes ?? Buffer.alloc(0))).toBeDefined()
  expect(server.size.halfOpen).toBe(4)
  client.open(server, START_MS, cookie)
  expect(server.size.halfOpen).toBe(5)
  server.receive(client.frame(PING), CLIENT, START_MS)
  expect(server.size).toEqual({ pipes: 1, halfOpen: 4 })
})

test('the table of handshakes never exceeds its bound, with cookies or without', () => {
  const server = aServer({ halfOpenMax: 8 })
  for (let i = 0; i < 40; i++) {
    const from = at(`203.0.${i}.1`)
    const client = new HandMade(from, 100 + i)
    const [reply] = server.receive(client.hello(), from, START_MS)
    const cookie = cookieOf(reply?.bytes ?? Buffer.alloc(0))
    if (cookie) server.receive(client.hello(cookie), from, START_MS)
    expect(server.size.halfOpen).toBeLessThanOrEqual(8)
  }
  expect(server.counts.full).toBe(32)
})

test('open pipes have a bound, in all and for one network', () => {
  const server = aServer({ pipesPerPrefixMax: 2 })
  const open = (ip: string, seed: number) => {
    const client = new HandMade(at(ip), seed)
    client.open(server, START_MS)
    server.receive(client.frame(PING), at(ip), START_MS)
  }
  open('192.0.2.1', 1)
  open('192.0.2.2', 2)
  expect(server.receive(new HandMade(at('192.0.2.3'), 3).hello(), at('192.0.2.3'), START_MS)).toEqual([])
  open('192.0.3.3', 4)
  expect(server.size.pipes).toBe(3)
  expect(server.counts.full).toBe(1)
})

test('a frame of an unknown pipe gets a RESET with the token of the handshake, shorter than the frame', () => {
  const client = new HandMade(CLIENT, 2)
  const welcome = client.open(aServer(), START_MS)
  const restarted = aServer({ random: (bytes) => Buffer.alloc(bytes, 9) })
  const frame = client.frame(PING)
  const [reset] = restarted.receive(frame, CLIENT, START_MS)
  expect(parseReset(reset?.bytes ?? Buffer.alloc(0))).toEqual({
    ok: true,
    value: { id: welcome.id, token: welcome.resetToken },
  })
  expect(reset?.bytes.length).toBeLessThan(frame.length)
  expect(restarted.receive(frame.subarray(0, RESET_BYTES), CLIENT, START_MS)).toEqual([])
  expect(restarted.receive(reset?.bytes ?? Buffer.alloc(0), CLIENT, START_MS)).toEqual([]) // no RESET for a RESET
})

test('a message arrives once however often its frame or its part comes; the answer is given once', () => {
  const messages: number[] = []
  let pipe: ServerPipe | undefined
  const server = aServer({
    onMessage: (from, send) => {
      pipe = from
      messages.push(send)
    },
  })
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  const part = { type: 'send', send: 7, message: Buffer.of(1) } as const
  const frame = client.frame(part)
  server.receive(frame, CLIENT, START_MS)
  server.receive(frame, CLIENT, START_MS)
  server.receive(client.frame(part), CLIENT, START_MS)
  expect(messages).toEqual([7])
  expect(server.counts.faults).toEqual({ replayed: 1 })
  pipe?.answer(7, { stage: 'logged' }, START_MS)
  pipe?.answer(7, { stage: 'refused', code: 'blocked' }, START_MS)
  pipe?.answer(7, { stage: 'busy', code: 'busy', retryAfterMs: 1 }, START_MS)
  expect(server.deadline).toBe(START_MS) // somebody was told something
  expect(said(client, server.flush(START_MS))).toEqual([
    { type: 'logged', send: 7 },
    { type: 'refused', send: 7, code: 'blocked', routerMs: START_MS },
  ])
})

test('more messages than a pipe may have open are told to come again', () => {
  const server = aServer()
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  for (let send = 0; send < 1024; send++) {
    server.receive(client.frame({ type: 'send', send, message: Buffer.of(1) }), CLIENT, START_MS)
  }
  expect(server.counts.overLimit).toBe(0)
  const busy = server.receive(client.frame({ type: 'send', send: 1024, message: Buffer.of(1) }), CLIENT, START_MS)
  expect(said(client, busy)).toContainEqual({ type: 'busy', send: 1024, code: 'rate-limited', retryAfterMs: 1000 })
  expect(server.counts.overLimit).toBe(1)
})

test('a pipe that breaks the rules is closed, and says why', () => {
  const reasons: string[] = []
  const server = aServer({ onClosed: (_pipe, reason) => reasons.push(reason) })
  const breaks: ((client: HandMade) => Uint8Array)[] = [
    (client) => client.sealed(Buffer.of(0x10, 0, 9, 1)), // a part cut short
    (client) => client.frame({ type: 'move' }), // what only routers say
    (client) => client.frame({ type: 'ack', ack: { delayMs: 0, ranges: [{ first: 0, last: 1_000_000 }] } }), // never sent
  ]
  breaks.forEach((bytes, i) => {
    const client = new HandMade(CLIENT, 20 + i)
    client.open(server, START_MS)
    server.receive(client.frame(PING), CLIENT, START_MS)
    expect(said(client, server.receive(bytes(client), CLIENT, START_MS)).at(-1)).toEqual({
      type: 'close',
      reason: 'protocol-error',
    })
  })
  expect(reasons).toEqual(['protocol-error', 'protocol-error', 'protocol-error'])
  expect(server.size.pipes).toBe(0)
})

test('from a new address no more than three times what came goes there, until a challenge has come back from it', () => {
  const proved: unknown[] = []
  const server = aServer({
    onProved: (address) => proved.push(address),
    onTap: (pipe) => {
      for (let i = 1; pipe.room(1, BigInt(i), START_MS); i++) {
        const base = { id: Buffer.alloc(32), receivedMs: 0, storedMs: 0, dialect: 'pipe' } as const
        pipe.deliver(1, { ...base, position: BigInt(i), message: Buffer.alloc(900) })
      }
    },
  })
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  server.receive(client.frame(PING), CLIENT, START_MS)
  const moved = at('203.0.113.9')
  const tap = { tap: 1, receiver: Buffer.alloc(32), after: 0n, author: undefined, topic: undefined }
  let received = 0
  let sent: { to: unknown; bytes: Uint8Array }[] = []
  const hear = (bytes: Uint8Array, nowMs: number) => {
    received += bytes.length
    sent = [...sent, ...server.receive(bytes, moved, nowMs)]
  }
  hear(client.frame({ type: 'tap', tap }), START_MS + 1)
  for (let ms = 2; ms < 200; ms++) sent = [...sent, ...server.tick(START_MS + ms)]
  const there = sent.filter(({ to }) => to === moved)
  const bytes = there.reduce((sum, each) => sum + each.bytes.length, 0)
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThanOrEqual(3 * received)
  const challenge = said(client, there).find((part) => part.type === 'path-challenge')
  if (challenge?.type !== 'path-challenge') throw new Error('no challenge')
  // A wrong answer, and the right one from elsewhere, prove nothing.
  server.receive(client.frame({ type: 'path-response', data: Buffer.alloc(8) }), moved, START_MS + 200)
  expect(proved).toEqual([CLIENT])
  hear(client.frame({ type: 'path-response', data: challenge.data }), START_MS + 201)
  expect(proved).toEqual([CLIENT, moved])
  const more = server.tick(START_MS + 202)
  expect([...sent, ...more].length).toBeGreaterThan(there.length)
})

test('frames that somebody else sends on from his own address do not take the pipe away for long', () => {
  const server = aServer()
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  server.receive(client.frame(PING), CLIENT, START_MS)
  const thief = at('203.0.113.9')
  server.receive(client.frame(PING), thief, START_MS + 1)
  // The next frame from where the client really is brings it back.
  const out = server.receive(client.frame({ type: 'path-challenge', data: Buffer.alloc(8) }), CLIENT, START_MS + 2)
  expect(out.every(({ to }) => to === CLIENT)).toBe(true)
  expect(said(client, out)).toContainEqual({ type: 'path-response', data: Buffer.alloc(8) })
})

test('a silent pipe is forgotten; one that has sent its frames is ended', () => {
  const reasons: string[] = []
  const server = aServer({ onClosed: (_pipe, reason) => reasons.push(reason), framesMax: 128 })
  const idle = new HandMade(CLIENT, 2)
  idle.open(server, START_MS)
  server.receive(idle.frame(PING), CLIENT, START_MS)
  const busy = new HandMade(CLIENT, 3)
  busy.open(server, START_MS)
  const out = []
  for (let i = 0; i < 200; i++) out.push(...server.receive(busy.frame(PING), CLIENT, START_MS))
  expect(said(busy, out)).toContainEqual({ type: 'close', reason: 'spent' })
  for (let nowMs = START_MS; nowMs <= START_MS + 60_000; nowMs += 500) server.tick(nowMs)
  expect(reasons).toEqual(['spent', 'idle'])
  expect(server.size.pipes).toBe(0)
  expect(server.deadline).toBeUndefined()
})

test('a drain takes no new pipes, and tells those that are open', () => {
  const server = aServer()
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  server.receive(client.frame(PING), CLIENT, START_MS)
  server.stopTaking()
  expect(said(client, server.flush(START_MS))).toContainEqual({ type: 'move' })
  expect(server.receive(new HandMade(CLIENT, 3).hello(), CLIENT, START_MS)).toEqual([])
  expect(said(client, server.close(START_MS))).toContainEqual({ type: 'close', reason: 'moving' })
})
