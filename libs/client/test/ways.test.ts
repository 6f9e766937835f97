// Proves which way messages go: over the pipe where there is one, by KRPC where it cannot be made, over HTTP where datagrams reach
// nobody, and back. The peers are scripts on real ports.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  formatAddress,
  keyPairFromSeed,
  messageId,
  parseMessage,
  type ServerPipe,
  toBase64Url,
  toHex,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Sender } from '../src/index.ts'
import { Peer } from './support/peer.ts'
import { PipePeer } from './support/pipe-peer.ts'

const keys = keyPairFromSeed(Buffer.alloc(32, 9))
const liar = keyPairFromSeed(Buffer.alloc(32, 66))

function senderTo(peer: Peer, window = 8): Promise<Sender> {
  const endpoint = { host: '127.0.0.1', port: peer.port }
  const address = formatAddress({ receiver: peer.receiverKeys.publicKey, endpoint, topic: '' })
  return Sender.start({ keys, address, window })
}

function idOf(bytes: Uint8Array): Uint8Array {
  const message = parseMessage(bytes)
  if (!message.ok) throw new Error('the client sent no message')
  return messageId(message.value)
}

/** Accepts all messages in the peer's name, the first `lies` with receipts that somebody else signed. */
function accepting(peer: Peer, lies = 0) {
  let nth = 0
  return (pipe: ServerPipe, send: number, bytes: Uint8Array, nowMs: number) => {
    const receipt = peer.receipt([idOf(bytes)], 0, nth++ < lies ? liar : undefined)
    pipe.answer(send, { stage: 'accepted', receipt }, nowMs)
  }
}

test('with a pipe key in the record, messages go over the pipe and nowhere else', async () => {
  await using peer = await Peer.start()
  await using router = await PipePeer.start({ onMessage: accepting(peer) })
  peer.pipePort = router.port
  await using sender = await senderTo(peer)
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => sender.send({ text: `${i}` })))
  expect(results.every(({ verified, attempts }) => verified && attempts === 1)).toBe(true)
  expect(router.server.counts.sends).toBe(20)
  expect(peer.count('msg')).toBe(0)
  expect(sender.way).toBe('pipe')
})

test('what the pipe says is believed no more than a datagram: a receipt that another key signed is none', async () => {
  await using peer = await Peer.start()
  await using router = await PipePeer.start({ onMessage: accepting(peer, 1) })
  peer.pipePort = router.port
  await using sender = await senderTo(peer)
  const said: string[] = []
  sender.on('useless', (why) => said.push(why))
  const result = await sender.send({ text: 'prove it' })
  expect(result).toMatchObject({ verified: true, attempts: 2 })
  expect(said).toEqual([expect.stringContaining('does not verify')])
})

test('busy and refused over the pipe are what they are by datagram', async () => {
  await using peer = await Peer.start()
  let nth = 0
  await using router = await PipePeer.start({
    onMessage: (pipe, send, _bytes, nowMs) => {
      if (nth++ === 0) pipe.answer(send, { stage: 'busy', code: 'rate-limited', retryAfterMs: 20 }, nowMs)
      else pipe.answer(send, { stage: 'refused', code: 'blocked' }, nowMs)
    },
  })
  peer.pipePort = router.port
  await using sender = await senderTo(peer)
  const refused: unknown[] = []
  sender.on('refused', (refusal) => refused.push(refusal))
  const message = sender.compose({ text: 'no' })
  await expect(sender.deliver(message)).rejects.toMatchObject({ code: 'blocked', nowMs: expect.any(Number) })
  expect(refused).toEqual([{ id: toHex(messageId(message)), code: 'blocked' }])
  expect(nth).toBe(2)
})

test('where no pipe can be made messages go by datagram, and over the pipe again when there is one', async () => {
  await using peer = await Peer.start()
  const gone = await PipePeer.start({})
  const port = gone.port
  await gone[Symbol.asyncDispose]()
  peer.pipePort = port
  await using sender = await senderTo(peer)
  const ways: string[] = []
  sender.on('way', (way) => ways.push(way))
  expect((await sender.send({ text: 'first' })).verified).toBe(true)
  expect(peer.count('msg')).toBe(1)
  expect(sender.way).toBe('krpc')
  await using _router = await PipePeer.start({ onMessage: accepting(peer) }, port)
  while (sender.way !== 'pipe') await sender.send({ text: 'and on' })
  const before = peer.count('msg')
  await sender.send({ text: 'over the pipe' })
  expect(peer.count('msg')).toBe(before)
  expect(ways).toEqual(['krpc', 'pipe'])
})

test('where datagrams reach nobody any more messages go over HTTP', async () => {
  const peer = await Peer.start()
  const http = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const receipt = toBase64Url(peer.receipt([idOf(Buffer.concat(chunks))], 0))
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ stage: 'accepted', receipt }))
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  peer.postUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1/messages`
  try {
    await using sender = await senderTo(peer)
    expect((await sender.send({ text: 'by datagram' })).verified).toBe(true)
    await peer[Symbol.asyncDispose]()
    expect(await sender.send({ text: 'over HTTP' })).toMatchObject({ stage: 'accepted', verified: true })
    expect(sender.way).toBe('http')
  } finally {
    http.closeAllConnections()
    http.close()
  }
})
