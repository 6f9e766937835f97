// Proves that messages and taps go through a real port, and go on through a router that dies and one that takes its place.
import { type PipeAnswer, parseIp, type Row, type ServerPipe } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { PipeSocket } from '../../src/pipe/pipe-socket.ts'
import { PIPE_KEY, PipePeer } from '../support/pipe-peer.ts'

const HOST = parseIp('127.0.0.1') as Uint8Array
const routersAt = (...ports: number[]) => ports.map((port) => ({ address: { ip: HOST, port }, key: PIPE_KEY }))

/** Refuses all that it is sent, with a code to be known by. */
const refusing = (code: 'blocked' | 'expired') => ({
  onMessage: (pipe: ServerPipe, send: number, _message: Uint8Array, nowMs: number) =>
    pipe.answer(send, { stage: 'refused', code }, nowMs),
})

function answerTo(socket: PipeSocket, message: Uint8Array): Promise<PipeAnswer> {
  return new Promise((resolve) => {
    socket.send(message, resolve)
  })
}

function aRow(n: number): Row {
  const id = Buffer.alloc(32, n)
  return { position: BigInt(n), id, receivedMs: 1, storedMs: 2, dialect: 'pipe', message: Buffer.of(n) }
}

test('each message gets its own answer, and what is called off gets none', async () => {
  const seen: number[] = []
  await using peer = await PipePeer.start({
    onMessage: (pipe, send, message, nowMs) => {
      seen.push(message[0] ?? 0)
      pipe.answer(send, { stage: 'refused', code: (message[0] ?? 0) % 2 === 0 ? 'blocked' : 'expired' }, nowMs)
    },
  })
  await using socket = await PipeSocket.open({ routers: routersAt(peer.port) })
  const callOff = socket.send(Buffer.of(99), () => expect.unreachable())
  callOff?.()
  const answers = await Promise.all([0, 1, 2].map((n) => answerTo(socket, Buffer.of(n))))
  expect(answers.map((answer) => answer.stage === 'refused' && answer.code)).toEqual(['blocked', 'expired', 'blocked'])
  expect(new Set(seen)).toEqual(new Set([0, 1, 2]))
  expect(socket.router?.address.port).toBe(peer.port)
})

test('a router that was killed and came back ends the pipe by a reset, and messages go on over the next', async () => {
  const first = await PipePeer.start(refusing('blocked'))
  const { port } = first
  const states: string[] = []
  await using socket = await PipeSocket.open({
    routers: routersAt(port),
    onState: (state) => states.push(state.state === 'closed' ? state.reason : state.state),
  })
  expect(await answerTo(socket, Buffer.of(1))).toMatchObject({ code: 'blocked' })
  await first[Symbol.asyncDispose]()
  await using _second = await PipePeer.start(refusing('expired'), port)
  expect(await answerTo(socket, Buffer.of(2))).toMatchObject({ code: 'expired' })
  expect(states).toEqual(['open', 'reset', 'open'])
})

test('a tap goes on behind its last row at a router that takes over, and ends when it is told so', async () => {
  const asked: bigint[] = []
  const peer = (rows: number[]) => ({
    onTap: (pipe: ServerPipe, tap: { tap: number; after: bigint }) => {
      asked.push(tap.after)
      for (const n of rows) pipe.deliver(tap.tap, aRow(n))
    },
    onRoom: (pipe: ServerPipe, tap: number, position: bigint) => {
      if (position === 4n) pipe.endTap(tap, 'unavailable')
    },
  })
  const first = await PipePeer.start(peer([1, 2]))
  const { port } = first
  await using socket = await PipeSocket.open({ routers: routersAt(port) })
  const rows: bigint[] = []
  const got = (n: bigint) => expect.poll(() => rows.at(-1)).toBe(n)
  const wish = { receiver: Buffer.alloc(32, 1), after: 0n, author: undefined, topic: undefined }
  let ended: string | undefined
  const tap = socket.tap(wish, { onRow: ({ position }) => rows.push(position), onEnd: (code) => (ended = code) })
  await got(2n)
  await first[Symbol.asyncDispose]()
  await using _second = await PipePeer.start(peer([3, 4]), port)
  tap.delivered(2n) // the frame that the new router does not know
  await got(4n)
  tap.delivered(4n)
  await expect.poll(() => ended).toBe('unavailable')
  expect(rows).toEqual([1n, 2n, 3n, 4n])
  expect(asked).toEqual([0n, 2n])
})
