// What a sender does with a router that answers late, wrongly or not at all; the peer is a script on a real UDP port.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  encodeError,
  encodeRefusal,
  formatAddress,
  keyPairFromSeed,
  messageId,
  parseMessage,
  toBase64Url,
  toHex,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Sender, type SenderOptions } from '../src/index.ts'
import { idIn, Peer, type Query, TOKEN } from './support/peer.ts'

const keys = keyPairFromSeed(Buffer.alloc(32, 9))

function addressOf(peer: Peer): string {
  const endpoint = { host: '127.0.0.1', port: peer.port }
  return formatAddress({ receiver: peer.receiverKeys.publicKey, endpoint, topic: '' })
}

function senderTo(peer: Peer, options: Partial<SenderOptions> = {}): Promise<Sender> {
  return Sender.start({ keys, address: addressOf(peer), ...options })
}

const messages = (peer: Peer): Query[] => peer.seen.filter(({ method }) => method === 'msg')

test('a message is sent once, with the token of the record, and its receipt is verified', async () => {
  await using peer = await Peer.start()
  await using sender = await senderTo(peer)
  const result = await sender.send({ text: 'hello' })
  expect(result).toMatchObject({ stage: 'accepted', verified: true, attempts: 1, address: addressOf(peer) })
  const [query] = messages(peer)
  expect(messages(peer)).toHaveLength(1)
  expect(query && toHex(idIn(query.args))).toBe(result.id)
  expect(query?.args.bytes('token')).toEqual(TOKEN)
  expect(query?.readOnly).toBe(true)
})

test('a signal that comes while the sender starts ends it too', async () => {
  await using peer = await Peer.start()
  peer.onMessage = () => []
  const up = new AbortController()
  const starting = senderTo(peer, { signal: up.signal })
  up.abort(new Error('given up'))
  await using sender = await starting
  await expect(sender.send({ text: 'too late' })).rejects.toThrow('given up')
})

test('what is not answered is sent again, the same bytes under the same transaction', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query, from, nth) => (nth < 2 ? [] : [peer.accept(query, from)])
  await using sender = await senderTo(peer)
  const result = await sender.send({ text: 'again' })
  expect(result.attempts).toBe(3)
  const sent = messages(peer).map(({ t, args }) => [toHex(t), toHex(args.raw('v') ?? t), toHex(args.bytes('sig') ?? t)])
  expect(new Set(sent.map(String)).size).toBe(1)
})

test('a receipt that another key signed is no receipt', async () => {
  await using peer = await Peer.start()
  const liar = keyPairFromSeed(Buffer.alloc(32, 66))
  peer.onMessage = (query, from, nth) => [peer.accept(query, from, nth === 0 ? liar : undefined)]
  await using sender = await senderTo(peer)
  const result = await sender.send({ text: 'prove it' })
  expect(result).toMatchObject({ attempts: 2, verified: true })
  expect(sender.counts.useless).toBe(1)
  expect(sender.trouble).toMatch(/does not verify \(bad-signature\)/)
})

test('a receipt for another message is no receipt', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query, from, nth) => {
    if (nth > 0) return [peer.accept(query, from)]
    const other = peer.receipt([Buffer.alloc(32, 1), Buffer.alloc(32, 2)], 1)
    return [replyWith(query, other)]
  }
  const replyWith = (query: Query, receipt: Uint8Array) =>
    Buffer.concat([
      Buffer.from(`d1:rd2:id20:${'x'.repeat(20)}7:receipt${receipt.length}:`),
      receipt,
      Buffer.from(`5:stage8:acceptede1:t4:`),
      query.t,
      Buffer.from('1:y1:re'),
    ])
  await using sender = await senderTo(peer)
  await sender.send({ text: 'mine' })
  expect(sender.trouble).toMatch(/wrong-message/)
})

test('a final refusal ends it, with its code and the clock of the router', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query) => [encodeRefusal(query.t, 'too-old', { nowMs: 1_700_000_000_000 })]
  await using sender = await senderTo(peer)
  const refused = sender.send({ text: 'late' })
  await expect(refused).rejects.toMatchObject({ name: 'Refused', code: 'too-old', nowMs: 1_700_000_000_000 })
  expect(peer.count('msg')).toBe(1)
})

test('a temporary refusal is obeyed: retry-after comes before our own doubling', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query, from, nth) =>
    nth < 5 ? [encodeRefusal(query.t, 'rate-limited', { retryAfterMs: 20 })] : [peer.accept(query, from)]
  await using sender = await senderTo(peer)
  // Our own doubling would take 0.5 + 1 + 2 + 4 + 8 s, beyond this test's time.
  expect((await sender.send({ text: 'patience' })).attempts).toBe(6)
})

test('logged is not enough: asking goes on until there is a receipt', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query, from, nth) => [nth === 0 ? peer.logged(query, from) : peer.accept(query, from)]
  await using sender = await senderTo(peer)
  expect(await sender.send({ text: 'kept?' })).toMatchObject({ stage: 'accepted', attempts: 2 })
})

test('logged is enough for who asks for no more', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query, from) => [peer.logged(query, from)]
  await using sender = await senderTo(peer, { wait: 'logged' })
  expect(await sender.send({ text: 'fast' })).toMatchObject({ stage: 'logged', verified: false, attempts: 1 })
})

test('a token that is refused is replaced, and the message goes on', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query, from) => {
    if (Buffer.compare(query.args.bytes('token') ?? TOKEN, Buffer.from('token-2!')) === 0)
      return [peer.accept(query, from)]
    peer.token = Buffer.from('token-2!')
    return [encodeError(query.t, 203, 'bad token')]
  }
  await using sender = await senderTo(peer)
  expect((await sender.send({ text: 'renewed' })).attempts).toBe(2)
  expect(peer.count('get')).toBe(2)
})

test('a router that proves our address first gets its pong, and is asked again', async () => {
  await using peer = await Peer.start()
  let proved = false
  peer.onPong = () => {
    proved = true
  }
  peer.onGet = (query, from) => (proved ? [peer.record(query, from)] : [peer.tokenOnly(query, from), peer.ping()])
  await using sender = await senderTo(peer)
  await sender.send({ text: 'prove me' })
  expect(proved).toBe(true)
  expect(peer.count('get')).toBe(2)
})

test('a token is enough: without a record a message is sent all the same', async () => {
  await using peer = await Peer.start()
  peer.onGet = (query, from) => [peer.tokenOnly(query, from)]
  await using sender = await senderTo(peer)
  expect((await sender.send({ text: 'no record' })).verified).toBe(true)
})

test('a router of the record takes over when the first falls silent', async () => {
  // given two routers of one receiver, the second of which alone answers messages
  await using first = await Peer.start()
  await using second = await Peer.start()
  first.describe = () => second.describe()
  await using sender = await senderTo(first)
  await sender.send({ text: 'to the first' })
  first.onMessage = () => []
  first.onGet = () => []
  // when messages to the first stay unanswered (several at once, so that the misses add up soon)
  const results = await Promise.all(['a', 'b', 'c', 'd'].map((text) => sender.send({ text })))
  // then the second has taken all of them
  expect(results.every(({ verified }) => verified)).toBe(true)
  expect(second.count('msg')).toBe(4)
})

test('no more than the window is in flight, and an ordered sender has one', async () => {
  for (const [options, most] of [
    [{ window: 3 }, 3],
    [{ ordered: true }, 1],
  ] as const) {
    await using peer = await Peer.start()
    const held: (() => void)[] = []
    let inFlight = 0
    let highest = 0
    peer.onMessage = (query, from) => {
      highest = Math.max(highest, ++inFlight)
      held.push(() => {
        inFlight--
        peer.reply(from, peer.accept(query, from))
      })
      setTimeout(() => held.shift()?.(), 10)
      return []
    }
    await using sender = await senderTo(peer, options)
    await Promise.all(Array.from({ length: 12 }, (_, i) => sender.send({ text: `${i}` })))
    expect(highest).toBe(most)
  }
})

test('an aborted message is given up; the others go on', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query, from) => (textIn(query) === 'stop' ? [] : [peer.accept(query, from)])
  await using sender = await senderTo(peer, { window: 1 })
  const stop = new AbortController()
  const [given, other] = [sender.send({ text: 'stop' }, { signal: stop.signal }), sender.send({ text: 'go' })]
  setTimeout(() => stop.abort(new Error('enough')), 50)
  await expect(given).rejects.toThrow('enough')
  expect((await other).verified).toBe(true)
})

test('closing the sender ends what is on its way and what waits', async () => {
  await using peer = await Peer.start()
  peer.onMessage = () => []
  const sender = await senderTo(peer, { window: 1 })
  const sent = [sender.send({ text: 'one' }), sender.send({ text: 'two' })]
  const ends = Promise.allSettled(sent)
  await sender[Symbol.asyncDispose]()
  for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'closed' } })
  await expect(sender.send({ text: 'three' })).rejects.toMatchObject({ code: 'closed' })
})

test('nobody at the address: the message waits, and the reason is told', async () => {
  const peer = await Peer.start()
  const address = addressOf(peer)
  await peer[Symbol.asyncDispose]()
  await using sender = await Sender.start({ keys, address })
  const sent = sender.send({ text: 'anyone?' }, { signal: AbortSignal.timeout(4_000) })
  await expect(sent).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(sender.heard).toBe(false)
  expect(sender.trouble).toMatch(/no router answers at 127\.0\.0\.1:\d+/)
})

test('what no datagram holds goes over HTTP, with the same proof', async () => {
  await using peer = await Peer.start()
  const bodies: Buffer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      const message = parseMessage(Buffer.concat(chunks))
      if (!message.ok) throw new Error(message.fault)
      const id = messageId(message.value)
      const answer =
        bodies.length === 1
          ? { status: 503, json: { code: 'busy', title: 'busy' } }
          : { status: 200, json: { id: toHex(id), stage: 'accepted', receipt: toBase64Url(peer.receipt([id], 0)) } }
      response.writeHead(answer.status, { 'content-type': 'application/json', 'retry-after': '0' })
      response.end(JSON.stringify(answer.json))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  peer.postUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/messages`
  try {
    await using sender = await senderTo(peer)
    const result = await sender.send({ text: 'x'.repeat(5_000) })
    expect(result).toMatchObject({ stage: 'accepted', verified: true, attempts: 2 })
    expect(bodies[0]).toEqual(bodies[1])
    expect(peer.count('msg')).toBe(0)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('what no datagram holds is refused where the receiver takes nothing over HTTP', async () => {
  await using peer = await Peer.start()
  await using sender = await senderTo(peer)
  await expect(sender.send({ text: 'x'.repeat(901) })).rejects.toMatchObject({ name: 'Refused', code: 'too-large' })
})

test('a URL that no request can be made of is as good as none', async () => {
  await using peer = await Peer.start()
  peer.postUrl = 'http://somebody:secret@127.0.0.1:9/v1/messages'
  await using sender = await senderTo(peer)
  await expect(sender.send({ text: 'x'.repeat(901) })).rejects.toMatchObject({ name: 'Refused', code: 'too-large' })
})

function textIn(query: Query): string {
  return Buffer.from(query.args.bytes('v') ?? []).toString()
}
