// Proves that a message goes from a datagram into EDGE and its verdict back to whoever sent it, over a real nats-server with
// the generated grants. The test itself plays ingest.
import { randomBytes } from 'node:crypto'
import { messageId, sharedNodeId } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Router } from '../../services/router/src/router.ts'
import type { Answer } from '../support/krpc-peer.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'
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

function stageOf(answer: Answer): string {
  return answer.kind === 'reply' ? Buffer.from(answer.body.bytes('stage') ?? []).toString() : answer.text
}

test('a message comes out of EDGE as it was signed, and its receipt comes back', async () => {
  const receiver = await bench.receiver()
  const peer = await bench.peer(router)
  const token = await bench.known(peer, receiver)
  const message = aMessage(aKeyPair(), receiver.publicKey, { text: 'hello' })
  const t = peer.post(message, token)
  const [taken] = await bench.messages(1)
  expect(taken?.message).toEqual(message)
  const receipt = randomBytes(300)
  if (taken) bench.accept(taken.packId, taken.packIndex, message, receipt)
  const answer = await peer.answerTo(t)
  expect(stageOf(answer)).toBe('accepted')
  if (answer.kind !== 'reply') return
  expect(answer.body.bytes('receipt')).toEqual(receipt)
  expect(answer.body.bytes('mid')).toEqual(messageId(message))
  expect(answer.id).toEqual(sharedNodeId(bench.clusterSecret))
})
