// Proves the router's HTTP door over a real nats-server: what is posted comes out of EDGE, and the verdict is the answer.
import { randomBytes } from 'node:crypto'
import { encodeContent, encodeMessage, MESSAGE_MEDIA_TYPE, messageId, signItem, toHex } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Router } from '../../services/router/src/router.ts'
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

function post(bytes: Uint8Array): Promise<Response> {
  const headers = { 'content-type': MESSAGE_MEDIA_TYPE }
  const url = `http://127.0.0.1:${router.httpPort}/v1/messages`
  return fetch(url, { method: 'POST', body: Buffer.from(bytes), headers })
}

async function aReceiver() {
  const receiver = await bench.receiver()
  await bench.known(await bench.peer(router), receiver)
  return receiver
}

test('a message larger than any datagram is accepted, and its receipt is the answer', async () => {
  const receiver = await aReceiver()
  const author = aKeyPair()
  const { salt, seq } = aMessage(author, receiver.publicKey, { text: 'hello' })
  const message = signItem(author, { salt, seq, value: encodeContent({ body: randomBytes(65_000) }) })
  const posted = post(encodeMessage(message))
  const [taken] = await bench.messages(1)
  expect(taken?.message).toEqual(message)
  const receipt = randomBytes(450)
  if (taken) bench.accept(taken.packId, taken.packIndex, message, receipt)
  const answer = await posted
  expect(answer.status).toBe(200)
  const id = toHex(messageId(message))
  expect(await answer.json()).toEqual({ id, stage: 'accepted', receipt: receipt.toString('base64url') })
})

test('a refusal is a problem, and nothing at all for 1.5 s is `logged`', async () => {
  const receiver = await aReceiver()
  const author = aKeyPair()
  const refused = post(encodeMessage(aMessage(author, receiver.publicKey, { text: 'blocked' })))
  const [taken] = await bench.messages(1)
  if (taken) bench.refuse(taken.packId, taken.packIndex, 'blocked')
  expect((await refused).status).toBe(403)
  expect(await (await refused).json()).toMatchObject({ code: 'blocked', retryable: false })
  const message = aMessage(author, receiver.publicKey, { text: 'slow' })
  const slow = post(encodeMessage(message))
  await bench.messages(1)
  const logged = await slow
  expect(logged.status).toBe(202)
  const id = toHex(messageId(message))
  expect(await logged.json()).toEqual({ id, stage: 'logged', trace: `/v1/messages/${id}/trace` })
})

test('many posts at once share packs and each gets its own receipt', async () => {
  const receiver = await aReceiver()
  const author = aKeyPair()
  const messages = Array.from({ length: 100 }, (_, i) => aMessage(author, receiver.publicKey, { text: `${i}` }))
  const answers = messages.map((message) => post(encodeMessage(message)))
  const taken = await bench.messages(messages.length)
  for (const { packId, packIndex, message } of taken) bench.accept(packId, packIndex, message, messageId(message))
  for (const [i, answer] of answers.entries()) {
    const id = messageId(messages[i] as (typeof messages)[number])
    expect(await (await answer).json()).toEqual({
      id: toHex(id),
      stage: 'accepted',
      receipt: Buffer.from(id).toString('base64url'),
    })
  }
})
