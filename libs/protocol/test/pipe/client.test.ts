import { expect, test } from 'vitest'
import type { Outgoing } from '../../src/machine.ts'
import { PIPE_MESSAGE_BYTES_MAX, PipeClient } from '../../src/pipe/client.ts'
import type { PipeAnswer, PipeClientOptions, PipeState } from '../../src/pipe/client-options.ts'
import { encodeHelloReply } from '../../src/pipe/handshake.ts'
import { encodeReset, parseReset } from '../../src/pipe/reset.ts'
import type { PipeServer } from '../../src/pipe/server.ts'
import type { SendAnswer } from '../../src/pipe/server-pipe.ts'
import { FRAME, HELLO } from '../../src/pipe/sizes.ts'
import { aServer, at, SERVER_KEYS, START_MS, seededBytes } from './helpers.ts'

const CLIENT = at('198.51.100.1')
const ROUTERS = [at('192.0.2.1', 42_424), at('192.0.2.2', 42_424)]

function aClient(options: Partial<PipeClientOptions> = {}) {
  const answers: PipeAnswer[] = []
  const states: PipeState['state'][] = []
  const machine = new PipeClient({
    routers: ROUTERS.map((address) => ({ address, key: SERVER_KEYS.publicKey })),
    random: seededBytes(3),
    onAnswer: (_key, answer) => answers.push(answer),
    onRow: () => undefined,
    onTapEnd: () => undefined,
    onState: ({ state }) => states.push(state),
    ...options,
  })
  return { machine, answers, states }
}

/** A server that gives these answers, one for each message that comes. */
function answering(...answers: SendAnswer[]) {
  return aServer({
    onMessage: (pipe, send, _message, nowMs) => {
      const answer = answers.shift()
      if (answer) pipe.answer(send, answer, nowMs)
    },
  })
}

/** Carries datagrams to and fro until nobody says anything more. */
function carry(
  client: PipeClient,
  server: PipeServer,
  nowMs: number,
  first: readonly Outgoing[] = client.flush(nowMs),
) {
  let toServer = first
  while (toServer.length > 0) {
    const toClient = toServer.flatMap(({ bytes }) => [...server.receive(bytes, CLIENT, nowMs)])
    toServer = toClient.flatMap(({ bytes }) => [...client.receive(bytes, ROUTERS[0] as never, nowMs)])
  }
}

/** Lets both ends do what they have to, millisecond by millisecond. */
function pass(client: PipeClient, server: PipeServer, fromMs: number, forMs: number) {
  for (let nowMs = fromMs; nowMs < fromMs + forMs; nowMs += 5) {
    carry(client, server, nowMs, client.tick(nowMs))
    for (const { bytes } of server.tick(nowMs)) carry(client, server, nowMs, client.receive(bytes, CLIENT, nowMs))
  }
}

test('nothing to say, nothing is sent; the first message shakes hands', () => {
  const { machine } = aClient()
  expect(machine.deadline).toBeUndefined()
  expect(machine.flush(START_MS)).toEqual([])
  machine.send(Buffer.of(1))
  const [hello] = machine.flush(START_MS)
  expect(hello?.to).toEqual(ROUTERS[0])
  expect(hello?.bytes[0]).toBe(HELLO)
})

test('final answers end a message; busy and logged do not', () => {
  const server = answering(
    { stage: 'busy', code: 'rate-limited', retryAfterMs: 300 },
    { stage: 'refused', code: 'blocked' },
  )
  const { machine, answers } = aClient()
  machine.send(Buffer.of(1))
  carry(machine, server, START_MS)
  expect(answers).toEqual([{ stage: 'busy', code: 'rate-limited', retryAfterMs: 300 }])
  expect(machine.size).toBe(1)
  pass(machine, server, START_MS, 290)
  expect(server.counts.sends).toBe(1) // not before it may
  pass(machine, server, START_MS + 290, 200)
  expect(answers.at(-1)).toEqual({ stage: 'refused', code: 'blocked', routerMs: expect.any(Number) })
  expect(machine.size).toBe(0)
})

test('a message without an answer is asked about again, under another number', () => {
  const sends: number[] = []
  const server = aServer({ onMessage: (_pipe, send) => sends.push(send) })
  const { machine } = aClient()
  const key = machine.send(Buffer.of(1)) as number
  carry(machine, server, START_MS)
  pass(machine, server, START_MS, 15_000)
  expect(sends).toEqual([0, 1])
  machine.cancel(key)
  expect(machine.size).toBe(0)
})

test('where nobody answers the next router is tried, then the first again, with longer and longer waits', () => {
  const { machine, states } = aClient()
  machine.send(Buffer.of(1))
  const hellos: { to: unknown; ms: number }[] = []
  for (let ms = 0; ms < 60_000; ms += 10) {
    for (const { to, bytes } of machine.tick(START_MS + ms)) {
      expect(bytes[0]).toBe(HELLO)
      hellos.push({ to, ms })
    }
  }
  expect(hellos.slice(0, 6).map(({ to }) => to)).toEqual([0, 0, 0, 1, 1, 1].map((i) => ROUTERS[i]))
  expect(hellos.slice(0, 4).map(({ ms }) => ms)).toEqual([0, 1000, 3000, 7000])
  expect(states).toEqual(hellos.filter((_, i) => i % 3 === 0 && i > 0).map(() => 'unreachable'))
  expect(hellos.length).toBeLessThan(3 * (60 / 7))
})

test('a RESET counts only with the token of the handshake', () => {
  const [server, restarted] = [aServer(), aServer({ random: seededBytes(44) })]
  const { machine } = aClient()
  machine.send(Buffer.of(1))
  carry(machine, server, START_MS)
  machine.send(Buffer.of(2))
  const frame = machine.flush(START_MS + 5000).find(({ bytes }) => bytes[0] === FRAME)
  const [reset] = restarted.receive(frame?.bytes ?? Buffer.alloc(0), CLIENT, START_MS + 5000)
  const parsed = parseReset(reset?.bytes ?? Buffer.alloc(0))
  if (!parsed.ok) throw new Error('no reset')
  machine.receive(encodeReset({ ...parsed.value, token: Buffer.alloc(16) }), ROUTERS[0] as never, START_MS + 5000)
  machine.receive(encodeReset({ ...parsed.value, id: Buffer.alloc(8) }), ROUTERS[0] as never, START_MS + 5000)
  expect(machine.counts.faults).toEqual({ 'stray-reset': 2 })
  // The true one: hands are shaken again at once, and both messages go out again.
  carry(
    machine,
    restarted,
    START_MS + 5000,
    machine.receive(reset?.bytes as never, ROUTERS[0] as never, START_MS + 5000),
  )
  expect(machine.counts.closed).toEqual({ reset: 1 })
  expect(restarted.counts.sends).toBe(2)
})

test('a welcome that the router did not write opens nothing; the next attempt does', () => {
  const server = answering({ stage: 'refused', code: 'blocked' })
  const { machine, answers } = aClient()
  machine.send(Buffer.of(1))
  const [hello] = machine.flush(START_MS)
  const id = hello?.bytes.subarray(2, 10) ?? Buffer.alloc(8)
  const forged = encodeHelloReply({ kind: 'welcome', id, noise: Buffer.alloc(74, 5) })
  const other = encodeHelloReply({ kind: 'welcome', id: Buffer.alloc(8), noise: Buffer.alloc(74, 5) })
  expect(machine.receive(other, ROUTERS[0] as never, START_MS)).toEqual([])
  const again = machine.receive(forged, ROUTERS[0] as never, START_MS)
  expect(machine.counts.faults).toEqual({ 'stray-reply': 1, 'forged-welcome': 1 })
  carry(machine, server, START_MS, [...again, ...machine.tick(START_MS + 1)])
  expect(answers.length).toBe(1)
})

test('a pipe that has sent its frames is followed by another, and nothing is lost', () => {
  const server = aServer({
    onMessage: (pipe, send, _message, nowMs) => pipe.answer(send, { stage: 'refused', code: 'blocked' }, nowMs),
  })
  const { machine, answers } = aClient({ framesMax: 100 })
  for (let i = 0; i < 300; i++) machine.send(Buffer.alloc(PIPE_MESSAGE_BYTES_MAX, i))
  carry(machine, server, START_MS)
  pass(machine, server, START_MS, 60_000)
  expect(answers.length).toBe(300)
  expect(machine.counts.closed.spent).toBeGreaterThan(1)
})

test('closing says so once, and nothing is taken afterwards', () => {
  const reasons: string[] = []
  const server = aServer({ onClosed: (_pipe, reason) => reasons.push(reason) })
  const { machine } = aClient()
  machine.send(Buffer.of(1))
  carry(machine, server, START_MS)
  carry(machine, server, START_MS, machine.close(START_MS))
  expect(reasons).toEqual(['done'])
  expect(machine.send(Buffer.of(2))).toBeUndefined()
  expect(machine.deadline).toBeUndefined()
  expect(() => machine.send(Buffer.alloc(PIPE_MESSAGE_BYTES_MAX + 1))).toThrow(RangeError)
})

test('a newer record that names the same routers does not lead back to the one that is silent', () => {
  const { machine } = aClient()
  const named = () => ROUTERS.map((address) => ({ address: { ...address }, key: SERVER_KEYS.publicKey }))
  machine.send(Buffer.of(1))
  const hellos = [...machine.flush(START_MS)]
  for (let nowMs = START_MS; nowMs < START_MS + 10_000; nowMs += 100) {
    machine.setRouters(named())
    hellos.push(...machine.tick(nowMs))
  }
  expect(hellos.map(({ to }) => to.ip.at(-1))).toEqual([1, 1, 1, 2, 2])
})

test('a newer record that names another router ends the attempt at one that is silent', () => {
  const { machine } = aClient()
  machine.send(Buffer.of(1))
  machine.flush(START_MS)
  machine.setRouters([{ address: at('192.0.2.3', 42_424), key: SERVER_KEYS.publicKey }])
  expect(machine.flush(START_MS + 10).map(({ to }) => to.ip.at(-1))).toEqual([3])
})
