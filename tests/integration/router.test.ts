// Proves that a message goes from a datagram into EDGE and its verdict back to whoever sent it, over a real nats-server with
// the generated grants; that no acknowledgement means no `logged`; that routers find each other; and that a drain loses nothing.
// The tests themselves play ingest.
import { randomBytes } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import { removeReceiver } from '@p2pmsg/admin'
import {
  DATAGRAM_IN_BYTES_MAX,
  EDGE_STREAM,
  formatIp,
  type Message,
  messageId,
  openRecord,
  parseCompactNodes,
  recordTarget,
  sharedNodeId,
} from '@p2pmsg/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Router } from '../../services/router/src/router.ts'
import type { Answer, KrpcPeer } from '../support/krpc-peer.ts'
import { aKeyPair, aMessage, forged } from '../support/messages.ts'
import { RouterBench } from '../support/router-bench.ts'

let bench: RouterBench
let router: Router

beforeAll(async () => {
  bench = await RouterBench.start()
  router = await bench.router()
})
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]()
})

/** What a `msg` was answered with: its stage, or the text of the error. */
function wordOf(answer: Answer): string {
  return answer.kind === 'reply' ? Buffer.from(answer.body.bytes('stage') ?? []).toString() : answer.text
}

async function aSender(on = router, within = bench) {
  const receiver = await within.receiver()
  const peer = await within.peer(
    on,
    `127.0.${1 + Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`,
  )
  const token = await within.known(peer, receiver)
  const author = aKeyPair()
  return { receiver, peer, token, message: (text = 'hello') => aMessage(author, receiver.publicKey, { text }) }
}

async function accept(message: Message, receipt: Uint8Array, within = bench): Promise<void> {
  const [taken] = await within.messages(1)
  expect(taken?.message).toEqual(message)
  if (taken) within.accept(taken.packId, taken.packIndex, message, receipt)
}

describe('a message', () => {
  test('comes out of EDGE as it was signed, and its receipt comes back', async () => {
    const { peer, token, message } = await aSender()
    const sent = message()
    const t = peer.post(sent, token)
    const receipt = randomBytes(450)
    await accept(sent, receipt)
    const answer = await peer.answerTo(t)
    expect(wordOf(answer)).toBe('accepted')
    if (answer.kind !== 'reply') return
    expect(answer.body.bytes('receipt')).toEqual(receipt)
    expect(answer.body.bytes('mid')).toEqual(messageId(sent))
    expect(answer.id).toEqual(sharedNodeId(bench.clusterSecret))
  })

  test('whose receipt got lost is sent again and gets the first receipt, without a second envelope', async () => {
    const { peer, token, message } = await aSender()
    const sent = message()
    const receipt = randomBytes(450)
    const t = peer.post(sent, token)
    await accept(sent, receipt)
    await peer.answerTo(t)
    const copies = Array.from({ length: 200 }, () => peer.post(sent, token))
    for (const copy of copies) {
      const answer = await peer.answerTo(copy)
      expect(answer.kind === 'reply' && answer.body.bytes('receipt')).toEqual(receipt)
    }
    const next = message('the next')
    peer.post(next, token)
    const [taken] = await bench.messages(1)
    expect(taken?.message).toEqual(next)
  })

  test('without a verdict is logged, and accepted when the verdict comes', async () => {
    const { peer, token, message } = await aSender()
    const sent = message()
    const t = peer.post(sent, token)
    const [taken] = await bench.messages(1)
    const answer = await peer.answerTo(t)
    expect(wordOf(answer)).toBe('logged')
    expect(answer.kind === 'reply' && answer.body.bytes('mid')).toEqual(messageId(sent))
    if (taken) bench.accept(taken.packId, taken.packIndex, sent, randomBytes(9))
    expect(wordOf(await peer.answerTo(t))).toBe('accepted')
  })

  test('that is refused is told why; a forged copy sent first does not stand in its way', async () => {
    const { peer, token, message } = await aSender()
    const sent = message()
    const refusedAs = peer.post(forged(sent), token)
    const [bad] = await bench.messages(1)
    if (bad) bench.refuse(bad.packId, bad.packIndex, 'bad-signature')
    const refusal = await peer.answerTo(refusedAs)
    expect(refusal).toMatchObject({ kind: 'error', code: 206, text: 'bad-signature' })
    const t = peer.post(sent, token)
    await accept(sent, randomBytes(9))
    expect(wordOf(await peer.answerTo(t))).toBe('accepted')
  })

  test('for a receiver that is no longer hosted is refused by the router itself', async () => {
    const { receiver, peer, token, message } = await aSender()
    await removeReceiver(bench.admin, receiver.publicKey)
    const gone = async () => {
      const answer = await peer.ask('get', { target: recordTarget(receiver.publicKey), pad: Buffer.alloc(400) })
      return answer.kind === 'reply' && answer.body.get('v') === undefined
    }
    await expect.poll(gone).toBe(true)
    expect(wordOf(await peer.answerTo(peer.post(message(), token)))).toBe('unknown-receiver')
  })
})

test('the record comes with the answer to `get`, signed by its receiver', async () => {
  const { receiver, peer } = await aSender()
  const answer = await peer.ask('get', { target: recordTarget(receiver.publicKey), pad: Buffer.alloc(400) })
  if (answer.kind !== 'reply') throw new Error('no reply')
  const { body } = answer
  const item = {
    key: body.bytes('k') as Uint8Array,
    salt: Buffer.from('p2pmsg'),
    seq: body.int('seq') as bigint,
    value: body.raw('v') as Uint8Array,
    signature: body.bytes('sig') as Uint8Array,
  }
  expect(item.key).toEqual(receiver.publicKey)
  expect(openRecord(item).ok).toBe(true)
})

test('malformed, oversized and foreign datagrams get no answer', async () => {
  const { peer } = await aSender()
  const foreign = ['{"+end":1}', '\xf8pipe', 'hello', 'd1:ade', 'd1:y1:qe', 'i1e', '']
  for (const bytes of foreign) peer.sendBytes(Buffer.from(bytes, 'latin1'))
  const padded = Buffer.from(`d1:ad2:id20:${'a'.repeat(20)}3:pad1410:${'x'.repeat(1410)}e1:q4:ping1:t4:long1:y1:qe`)
  expect(padded.length).toBeGreaterThan(DATAGRAM_IN_BYTES_MAX)
  peer.sendBytes(padded)
  // answers come in the order of the questions: this one would come after any of those
  expect((await peer.ask('ping', {})).kind).toBe('reply')
  expect(peer.received).toEqual([])
})

test('the routers of a cluster name each other, until one drains', async () => {
  const second = await bench.router()
  const [first, other] = [await bench.peer(router, '127.0.98.1'), await bench.peer(second, '127.0.98.2')]
  const namedTo = (peer: KrpcPeer) => async () => {
    const answer = await peer.ask('find_node', { target: randomBytes(20), pad: Buffer.alloc(400) })
    const list = answer.kind === 'reply' ? parseCompactNodes(answer.body.bytes('nodes') ?? Buffer.alloc(0), 4) : []
    return list.map(({ address }) => `${formatIp(address.ip)}:${address.port}`).sort()
  }
  const [one, two] = [`127.0.0.1:${router.udpPort}`, `127.0.0.1:${second.udpPort}`]
  for (const peer of [first, other]) await expect.poll(namedTo(peer), { interval: 200 }).toEqual([one, two].sort())
  await second.drain()
  await second[Symbol.asyncDispose]()
  await expect.poll(namedTo(first), { interval: 200 }).toEqual([one])
})

test('a token of one replica is good at another that shares the secret', async () => {
  const second = await bench.router()
  const { peer, token, message } = await aSender(second)
  const sent = message()
  const here = await bench.peer(second, '127.0.99.1')
  expect(wordOf(await here.answerTo(here.post(sent, token)))).toMatch(/^token /)
  const elsewhere: KrpcPeer = await peerAtSameAddress(peer)
  const t = elsewhere.post(sent, token)
  await accept(sent, randomBytes(9))
  expect(wordOf(await elsewhere.answerTo(t))).toBe('accepted')
})

async function peerAtSameAddress(peer: KrpcPeer): Promise<KrpcPeer> {
  return bench.peer(router, peer.host)
}

test('a drain sends what is packed, waits for its verdict, and takes nothing new', async () => {
  const draining = await bench.router()
  const { peer, token, message } = await aSender(draining)
  const sent = message()
  const t = peer.post(sent, token)
  const [taken] = await bench.messages(1)
  const drained = draining.drain()
  const posted = async () => (await fetch(`http://127.0.0.1:${draining.httpPort}/v1/messages`, LATE)).status
  await expect.poll(posted).toBe(503)
  const late = peer.post(message('too late'), token)
  if (taken) bench.accept(taken.packId, taken.packIndex, sent, randomBytes(9))
  expect(wordOf(await peer.answerTo(t))).toBe('accepted')
  await drained
  await draining[Symbol.asyncDispose]()
  expect(peer.received.filter((frame) => Buffer.compare(frame.t, late) === 0)).toEqual([])
})

const LATE = { method: 'POST', body: 'late', headers: { 'content-type': 'application/vnd.p2pmsg.message' } }

describe('without EDGE', () => {
  test('full: busy, and nothing is ever logged; once there is room, all goes on', async () => {
    await using small = await RouterBench.start({ edgeBytesMax: 4_096 })
    const { peer, token, message } = await aSender(await small.router(), small)
    const words = new Map<string, number>()
    for (let i = 0; i < 10; i++) {
      const word = wordOf(await peer.answerTo(peer.post(message('x'.repeat(800)), token)))
      words.set(word, (words.get(word) ?? 0) + 1)
      if (word === 'busy') break
    }
    expect(words.get('busy')).toBe(1)
    const manager = await jetstreamManager(small.admin.nc)
    const { state } = await manager.streams.info(EDGE_STREAM)
    expect(words.get('logged')).toBe(state.messages)
    await manager.streams.purge(EDGE_STREAM)
    const sent = message()
    const t = peer.post(sent, token)
    await accept(sent, randomBytes(9), small)
    expect(wordOf(await peer.answerTo(t))).toBe('accepted')
  })

  test('gone: unavailable, never logged; when it is back, all goes on', async () => {
    await using broken = await RouterBench.start({}, { ownProcess: true })
    const { peer, token, message } = await aSender(await broken.router(), broken)
    await broken.nats.server?.kill()
    expect(wordOf(await peer.answerTo(peer.post(message(), token)))).toBe('unavailable')
    await broken.nats.server?.restart()
    const sent = message()
    const word = async () => wordOf(await peer.answerTo(peer.post(sent, token)))
    await expect.poll(word, { interval: 300, timeout: 30_000 }).toBe('logged')
    await accept(sent, randomBytes(9), broken)
    await expect.poll(word, { interval: 300, timeout: 30_000 }).toBe('accepted')
  })
})
