import { expect, test } from 'vitest'
import type { Outgoing } from '../../src/machine.ts'
import { PipeClient } from '../../src/pipe/client.ts'
import { RESET_BYTES } from '../../src/pipe/reset.ts'
import { RESET } from '../../src/pipe/sizes.ts'
import { aServer, at, HandMade, SERVER_KEYS, START_MS, seeded, seededBytes } from './helpers.ts'

const LONG = process.env['P2PMSG_LONG'] === '1'
const FRAMES = LONG ? 1_000_000 : 100_000
/** Each that breaks a rule costs a handshake. */
const HOSTILE = LONG ? 100_000 : 1_000
const MINUTE_MS = 60_000
const ROUTER = at('192.0.2.1', 42424)
const CLIENT = at('198.51.100.1')
const FIRST_BYTES = [0xf8, 0xf9, 0xfa, 0xfb, 0x64, 0x7b, 0]

/** One datagram of the corpus, changed by cutting, splicing, flipping and repeating bytes. */
function mutated(corpus: readonly Uint8Array[], random: (below: number) => number): Uint8Array {
  let bytes = Buffer.from(corpus[random(corpus.length)] as Uint8Array)
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const position = random(bytes.length + 1)
    const other = corpus[random(corpus.length)] as Uint8Array
    switch (random(5)) {
      case 0:
        bytes = bytes.subarray(0, position)
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, position), other.subarray(random(other.length))])
        break
      case 2:
        if (bytes.length > 0) bytes[0] = FIRST_BYTES[random(FIRST_BYTES.length)] as number
        break
      default:
        if (position < bytes.length) bytes[position] = random(256)
    }
  }
  return bytes.subarray(0, 1500)
}

/** A client and a server with an open pipe, and every datagram that went between them. */
function conversation() {
  const server = aServer({
    halfOpenMax: 64,
    onMessage: (pipe, send, message, nowMs) => {
      if ((message[0] ?? 0) % 3 > 0) pipe.answer(send, { stage: 'refused', code: 'blocked' }, nowMs)
    },
    onTap: (pipe, { tap }) => {
      const base = { id: Buffer.alloc(32), receivedMs: 0, storedMs: 0, dialect: 'pipe' } as const
      for (let i = 1n; i < 4n; i++) pipe.deliver(tap, { ...base, position: i, message: Buffer.alloc(2000) })
    },
  })
  const client = new PipeClient({
    routers: [{ address: ROUTER, key: SERVER_KEYS.publicKey }],
    random: seededBytes(7),
    onAnswer: () => undefined,
    onRow: () => undefined,
    onTapEnd: () => undefined,
  })
  const [toServer, toClient]: [Uint8Array[], Uint8Array[]] = [[], []]
  let nowMs = START_MS
  const deliver = (out: readonly Outgoing[]) => {
    for (const { bytes } of out) {
      toServer.push(Buffer.from(bytes))
      const back = server.receive(bytes, CLIENT, nowMs)
      for (const { bytes: answer } of back) {
        toClient.push(Buffer.from(answer))
        deliver(client.receive(answer, ROUTER, nowMs))
      }
    }
  }
  client.tap({ receiver: Buffer.alloc(32), after: 0n, author: undefined, topic: 'x' })
  for (let i = 0; i < 20; i++) client.send(Buffer.alloc(i * 20 + 1, i))
  for (let i = 0; i < 40; i++, nowMs += 20) {
    deliver(client.flush(nowMs))
    deliver(client.tick(nowMs))
    for (const { bytes } of server.tick(nowMs)) {
      toClient.push(Buffer.from(bytes))
      deliver(client.receive(bytes, ROUTER, nowMs))
    }
  }
  expect(server.counts.opened).toBe(1)
  expect(toServer.length).toBeGreaterThan(5)
  return { server, client, toServer, toClient, nowMs }
}

test(`${FRAMES} mutated datagrams: none throws, none changes a pipe, none is answered but with something shorter`, {
  timeout: 20 * MINUTE_MS,
}, () => {
  const { server, client, toServer, toClient, nowMs } = conversation()
  const random = seeded(20_026)
  const known = new Set([...toServer, ...toClient].map((bytes) => bytes.toString()))
  const frames = server.counts.frames
  const corpus = [...toServer, ...toClient]
  // A pipe that is no more: its frames are to get RESETs.
  const gone = new HandMade(CLIENT, 99)
  gone.open(aServer({ random: seededBytes(55) }), nowMs)
  for (let i = 0; i < 5; i++) corpus.push(gone.frame({ type: 'send', send: i, message: Buffer.alloc(i * 100) }))
  let resets = 0
  for (let i = 0; i < FRAMES; i++) {
    const bytes = mutated(corpus, random)
    if (known.has(bytes.toString())) continue
    const from = at(`198.51.100.${random(256)}`, 1 + random(5))
    for (const { to, bytes: answer } of server.receive(bytes, from, nowMs)) {
      expect(to).toBe(from)
      expect(answer[0]).toBe(RESET)
      expect(answer.length).toBe(RESET_BYTES)
      expect(answer.length).toBeLessThan(bytes.length)
      resets++
    }
    expect(client.receive(bytes, from, nowMs)).toEqual([])
  }
  expect(resets).toBeGreaterThan(0)
  expect(server.counts.frames).toBe(frames)
  expect(server.size.pipes).toBe(1)
  expect(server.size.halfOpen).toBe(0)
  expect(client.counts.closed).toEqual({})
  expect(Object.keys(server.counts.faults)).toEqual(
    expect.arrayContaining(['bad-mac', 'bad-length', 'bad-version', 'bad-counter', 'forged', 'unknown-pipe']),
  )
})

test(`${HOSTILE} frames of a client that holds the keys and means ill: none throws, and its pipe stays bounded`, {
  timeout: 20 * MINUTE_MS,
}, () => {
  const random = seeded(20_027)
  const bytesOf = seededBytes(5)
  const base = { id: Buffer.alloc(32), receivedMs: 0, storedMs: 0, dialect: 'pipe' } as const
  const server = aServer({
    random: bytesOf,
    onTap: (pipe, { tap }, nowMs) => {
      for (let i = 1n; i < 4n && pipe.room(tap, i, nowMs); i++)
        pipe.deliver(tap, { ...base, position: i, message: Buffer.alloc(50) })
    },
  })
  let nowMs = START_MS
  let seed = 1000
  let client: HandMade | undefined
  let most = 0
  const parts = [
    Buffer.from('01000002000d0000020000000900000008', 'hex'),
    Buffer.from('02000b000001ffffffff00000000', 'hex'),
    Buffer.from('10000500000001aa', 'hex'),
    Buffer.from('2000340001'.padEnd(55 * 2, '0'), 'hex'),
    Buffer.from('21000200010400080000000000000000', 'hex'),
    Buffer.from('24000a0001ffffffffffffffff', 'hex'),
    Buffer.from('030001000600007f0001ff', 'hex'),
  ]
  for (let i = 0; i < HOSTILE; i++) {
    if (!client || server.size.pipes === 0) {
      client = new HandMade(CLIENT, seed++)
      client.open(server, nowMs)
      server.receive(client.frame({ type: 'ping' }), CLIENT, nowMs)
    }
    const from = random(20) === 0 ? at(`198.51.100.${random(256)}`) : CLIENT
    const frame = client.sealed(mutated(parts, random))
    if (frame.length > 1472) continue
    let sent = server.receive(frame, from, nowMs).length
    nowMs += random(3)
    sent += server.tick(nowMs).length
    most = Math.max(most, sent)
    expect(server.size.halfOpen).toBeLessThanOrEqual(1)
  }
  expect(server.counts.opened).toBeGreaterThan(10)
  expect(server.counts.closed['protocol-error']).toBeGreaterThan(10)
  expect(most).toBeLessThanOrEqual(64)
})
