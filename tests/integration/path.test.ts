// Proves on the whole cluster what no part can prove alone: a forged copy does not stand in the way of a message, a flood of
// copies costs no signature check, noise gets no answer, and receipts say how durable the log really is.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { readFeed } from '@p2pmsg/bench'
import {
  messageId,
  parseIp,
  parseReceipt,
  parseRefusalText,
  recordTarget,
  toHex,
  verifyReceipt,
} from '@p2pmsg/protocol'
import { UdpSocket } from '@p2pmsg/udp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, KrpcPeer } from '../support/krpc-peer.ts'
import { aKeyPair, aMessage, forged } from '../support/messages.ts'
import { aStack, metricOf } from '../support/stack.ts'

const COPIES = 1_000
const NOISE = 300

let cluster: Awaited<ReturnType<typeof aStack>>
beforeAll(async () => {
  cluster = await aStack({ env: { router: { P2PMSG_PROVED_RATE: '100000' } } })
})
afterAll(async () => cluster[Symbol.asyncDispose]())

function receiver(): Uint8Array {
  return cluster.stack.secrets.receiverKeys.publicKey
}

async function aPeer(host: string): Promise<{ peer: KrpcPeer; token: Uint8Array }> {
  const peer = await KrpcPeer.to(cluster.stack.routers[0]?.udpPort ?? 0, host)
  return { peer, token: await peer.token(recordTarget(receiver())) }
}

function receiptIn(answer: Answer) {
  const bytes = answer.kind === 'reply' ? answer.body.bytes('receipt') : undefined
  const receipt = bytes && parseReceipt(bytes)
  return receipt?.ok ? receipt.value : undefined
}

async function checks(): Promise<number> {
  const ingest = cluster.stack.metricsUrls().ingest ?? ''
  return (await metricOf(ingest, 'ingest_accepted_total')) + (await metricOf(ingest, 'ingest_rejects_total'))
}

test('a forged copy that comes first is refused, and the genuine message is accepted all the same', async () => {
  const { peer, token } = await aPeer('127.0.0.11')
  await using _ = peer
  const message = aMessage(aKeyPair(), receiver(), { text: 'genuine' })
  const refusal = await peer.answerTo(peer.post(forged(message), token))
  expect(refusal.kind === 'error' && parseRefusalText(refusal.text)?.code).toBe('bad-signature')
  expect(refusal.kind === 'error' && refusal.code).toBe(206)

  const receipt = receiptIn(await peer.answerTo(peer.post(message, token)))
  if (!receipt) throw new Error('no receipt')
  expect(verifyReceipt(receipt, receiver(), messageId(message)).ok).toBe(true)
  // and the class in it is what the server's own monitoring page says
  const varz = (await (await fetch(`${cluster.stack.natsMonitorUrl}/varz`)).json()) as { jetstream: { config: object } }
  expect(varz.jetstream.config).toMatchObject({ sync_always: true })
  expect(receipt.statement.durability).toBe('synced')
})

test(`${COPIES} copies of one message, from several addresses, are judged once and get one receipt`, async () => {
  const before = await checks()
  const message = aMessage(aKeyPair(), receiver(), { text: 'once' })
  const peers = await Promise.all(['127.0.0.12', '127.0.0.13', '127.0.0.14'].map(aPeer))
  const asked: [KrpcPeer, Uint8Array][] = []
  for (let i = 0; i < COPIES; i++) {
    const { peer, token } = peers[i % peers.length] as (typeof peers)[number]
    asked.push([peer, peer.post(message, token)])
    if (i % 100 === 99) await sleep(5)
  }
  // each address gets its answer; copies sent while the first was pending share one
  const receipts = new Set<string>()
  for (const { peer, token } of peers) {
    const receipt = receiptIn(await peer.answerTo(peer.post(message, token)))
    if (receipt) receipts.add(toHex(receipt.signature))
  }
  expect(receipts.size).toBe(1)
  expect((await checks()) - before).toBe(1)
  const feed = await readFeed(cluster.stack.renderUrls[0] ?? '', receiver())
  expect(feed.filter(({ id }) => id === toHex(messageId(message)))).toHaveLength(1)
  for (const { peer } of peers) await peer[Symbol.asyncDispose]()
})

test(`${NOISE} datagrams of noise get no answer`, async () => {
  const port = cluster.stack.routers[0]?.udpPort ?? 0
  let answers = 0
  await using socket = await UdpSocket.open({ host: '127.0.0.15', port: 0, onDatagram: () => answers++ })
  for (let i = 0; i < NOISE; i++) {
    const bytes = randomBytes(1 + ((i * 37) % 1_472))
    bytes[0] = [0x64, 0x7b, 0xf8, 0xfb, 0x00, 0xff][i % 6] as number
    socket.send({ ip: parseIp('127.0.0.1') as Uint8Array, port }, bytes)
  }
  // a ping behind the noise, from another network, is answered: had the noise been, those answers would have come before
  await using peer = await KrpcPeer.to(port, '127.0.7.1')
  expect((await peer.ask('ping', {})).kind).toBe('reply')
  expect(answers).toBe(0)
})
