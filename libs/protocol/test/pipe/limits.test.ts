// What a client that holds the keys of its pipe and means ill can cost the router.
import { expect, test } from 'vitest'
import { FRAMES_AT_ONCE, FrameAllowance } from '../../src/pipe/frame-allowance.ts'
import { type QueuedPart, queuedPart } from '../../src/pipe/part-queue.ts'
import type { ServerPipe } from '../../src/pipe/server-pipe.ts'
import type { Tap } from '../../src/pipe/tap.ts'
import { type Piece, TapWindow } from '../../src/pipe/tap-window.ts'
import { aServer, at, HandMade, START_MS, said } from './helpers.ts'

const CLIENT = at('198.51.100.1')
const PING = { type: 'ping' } as const

test('frames that bring nothing new are dropped without a word when there are too many, and the pipe goes on', () => {
  const messages: number[] = []
  const server = aServer({ onMessage: (_pipe, send) => messages.push(send) })
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  const answers = (frames: number, nowMs: number) => {
    let sent = 0
    for (let i = 0; i < frames; i++) sent += server.receive(client.frame(PING), CLIENT, nowMs).length
    return sent
  }
  expect(answers(FRAMES_AT_ONCE, START_MS)).toBeGreaterThan(0)
  const { frames } = server.counts
  answers(2, START_MS) // at most what was left of the first frame, which opened the pipe
  server.tick(START_MS + 1)
  expect(answers(500, START_MS + 1)).toBe(0)
  expect(server.counts.faults['not-wanted']).toBeGreaterThanOrEqual(500)
  expect(server.counts.frames).toBeLessThanOrEqual(frames + 2)
  // a new message is wanted at any time; the same one in another frame is not
  const send = { type: 'send', send: 0, message: Buffer.of(1) } as const
  server.receive(client.frame(send), CLIENT, START_MS + 1)
  server.receive(client.frame(send), CLIENT, START_MS + 1)
  expect(messages).toEqual([0])
  expect(server.counts.faults['not-wanted']).toBeGreaterThanOrEqual(501)
  // time gives some back
  const before = server.counts.frames
  server.receive(client.frame(PING), CLIENT, START_MS + 1000)
  expect(server.counts.frames).toBe(before + 1)
  expect(server.size.pipes).toBe(1)
})

test('whoever answers what the router sends is not held up, however much that is', () => {
  const allowance = new FrameAllowance(START_MS)
  for (let asked = 1; asked <= 100 * FRAMES_AT_ONCE; asked++) {
    if (!allowance.take(asked, START_MS)) throw new Error(`the answer to frame ${asked} is held up`)
  }
  let taken = 0
  while (allowance.take(100 * FRAMES_AT_ONCE, START_MS)) taken++
  expect(taken).toBe(FRAMES_AT_ONCE - 1)
})

test('a client that asks and never acknowledges is sent away before what waits for it is more than so much', () => {
  const server = aServer({
    onMessage: (pipe, send, _message, nowMs) => pipe.answer(send, { stage: 'refused', code: 'malformed' }, nowMs),
  })
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  server.receive(client.frame(PING), CLIENT, START_MS)
  const perFrame = 100
  let frames = 0
  for (; server.size.pipes > 0 && frames < 10_000; frames++) {
    const numbers = Array.from({ length: perFrame }, (_, i) => frames * perFrame + i)
    const sends = numbers.map((send) => ({ type: 'send', send, message: Buffer.of(1) }) as const)
    server.receive(client.frame(...sends), CLIENT, START_MS + frames)
  }
  expect(server.counts.closed).toEqual({ full: 1 })
  expect(frames * perFrame).toBeLessThan(20_000)
})

const ROW = { id: Buffer.alloc(32), receivedMs: 0, storedMs: 0, dialect: 'pipe' } as const

/** A feed without an end, of rows that fill a frame each. */
function endless(tap: Tap, pipe: ServerPipe, state: { next: bigint }): void {
  while (pipe.room(tap.tap, state.next, START_MS) > 0)
    pipe.deliver(tap.tap, { ...ROW, position: state.next++, message: Buffer.alloc(1000) })
}

/** @param tap its number */
const tapOf = (tap: number): Tap => ({
  tap,
  receiver: Buffer.alloc(32),
  after: 0n,
  author: undefined,
  topic: undefined,
})

test('taps that keep nothing share what the router lets be on its way; beyond, each has one row', () => {
  const sent = new Map<number, number>()
  const server = aServer({
    tapBytesMax: 300_000,
    onTap: (pipe, tap) => {
      const state = { next: 1n }
      endless(tap, pipe, state)
      sent.set(tap.tap, Number(state.next) - 1)
    },
  })
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  for (let tap = 1; tap <= 4; tap++) server.receive(client.frame({ type: 'tap', tap: tapOf(tap) }), CLIENT, START_MS)
  expect([...sent.values()]).toEqual([256, expect.any(Number), 1, 1])
  expect(sent.get(2)).toBeLessThan(40)
  // and what one no longer wants is there for others
  server.receive(client.frame({ type: 'untap', tap: 1 }, { type: 'tap', tap: tapOf(5) }), CLIENT, START_MS)
  expect(sent.get(5)).toBeGreaterThan(200)
})

test('what waits of a tap is let go when its client has it, says so without having it, or wants it no more', () => {
  const load = { bytes: 0, bytesMax: 1_000_000 }
  const window = new TapWindow(1, load)
  const parts: QueuedPart[] = []
  const row = (position: bigint) => ({ ...ROW, position, message: Buffer.alloc(3000) })
  const send = (piece: Piece) => {
    const part = queuedPart(piece.piece, true)
    parts.push(part)
    return part
  }
  for (const position of [1n, 2n, 3n]) window.deliver(row(position), send)
  const kept = () => parts.filter(({ done, bytes }) => !done && bytes.length > 0).length
  expect(kept()).toBe(9)
  expect(window.delivered(1n)).toBe(true)
  expect(kept()).toBe(6)
  expect(load.bytes).toBeGreaterThan(6000)
  window.close()
  expect([kept(), load.bytes]).toEqual([0, 0])
})

test('of many challenges in a frame the last is answered, and no more', () => {
  const server = aServer()
  const client = new HandMade(CLIENT, 2)
  client.open(server, START_MS)
  const challenges = Array.from(
    { length: 100 },
    (_, i) => ({ type: 'path-challenge', data: Buffer.alloc(8, i) }) as const,
  )
  const responses: unknown[] = []
  for (let i = 0; i < 10; i++) {
    const out = server.receive(client.frame(...challenges), CLIENT, START_MS)
    responses.push(...said(client, out).filter(({ type }) => type === 'path-response'))
  }
  expect(responses.length).toBeGreaterThan(0)
  expect(responses.length).toBeLessThanOrEqual(10)
  for (const response of responses) expect(response).toMatchObject({ data: Buffer.alloc(8, 99) })
})
