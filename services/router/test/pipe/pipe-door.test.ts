import { HELLO_BYTES, keyPairFromSeed, type Message, parseMessage } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { AnEdge, at } from '../support/an-edge.ts'
import { Conversation } from '../support/conversation.ts'

const CLIENT = at('192.0.2.1')
test('messages of a pipe are packed as signed, and their receipts come back over it', () => {
  const conversation = new Conversation(new AnEdge())
  const { edge, client, answers } = conversation
  const messages = [edge.message('one'), edge.message('two')]
  conversation.send(...messages)
  conversation.pass(4)
  const envelopes = edge.published[0]?.pack.envelopes ?? []
  expect(envelopes.map(({ dialect }) => dialect)).toEqual(['pipe', 'pipe'])
  expect(envelopes.map(({ payload }) => parseMessage(payload))).toEqual(messages.map((value) => ({ ok: true, value })))
  edge.acknowledge()
  const receipts = conversation.accept(messages)
  expect(answers).toEqual(receipts.map((receipt) => ({ stage: 'accepted', receipt })))
  expect(client.size).toBe(0)
  // The same message again gets its first receipt, and makes no pack.
  conversation.send(messages[0] as Message)
  expect(answers.at(-1)).toEqual({ stage: 'accepted', receipt: receipts[0] })
  expect(edge.published.length).toBe(1)
})

test('logged after 1.5 s, when the cluster has it', () => {
  const conversation = new Conversation(new AnEdge())
  conversation.send(conversation.edge.message())
  conversation.pass(4)
  conversation.carry(conversation.edge.acknowledge())
  conversation.pass(1500)
  expect(conversation.answers).toEqual([{ stage: 'logged' }])
  expect(conversation.client.size).toBe(1)
})

test('what is refused here is refused over the pipe: for good, or for a while', () => {
  const conversation = new Conversation(new AnEdge({ budget: { perSecond: 1, burst: 1 } }))
  const { edge, answers } = conversation
  conversation.client.send(Buffer.from('no message'))
  const elsewhere = edge.message('hello', keyPairFromSeed(Buffer.alloc(32, 99)))
  conversation.send(elsewhere, edge.message('one'), edge.message('two'))
  expect(answers).toEqual([
    { stage: 'refused', code: 'malformed', routerMs: edge.nowMs },
    { stage: 'refused', code: 'unknown-receiver', routerMs: edge.nowMs },
    { stage: 'busy', code: 'rate-limited', retryAfterMs: 1000 },
  ])
  expect(conversation.client.size).toBe(2)
})

test('a proved address has its rate: beyond it, come again', () => {
  const conversation = new Conversation(new AnEdge({ provedPerSecond: 5 }))
  const { edge, answers } = conversation
  conversation.send(...Array.from({ length: 8 }, (_, i) => edge.message(`${i}`)))
  expect(answers.map((answer) => answer.stage === 'busy' && answer.code)).toEqual(Array(3).fill('rate-limited'))
})

test('a pipe proves its address, which KRPC then knows', () => {
  const conversation = new Conversation(new AnEdge())
  expect(conversation.edge.parts.admission.proved(CLIENT.ip, conversation.edge.nowMs)).toBeUndefined()
  conversation.send(conversation.edge.message())
  expect(conversation.edge.parts.admission.proved(CLIENT.ip, conversation.edge.nowMs)).toBeDefined()
})

test('unproved addresses have the rate of their network for handshakes too', () => {
  const edge = new AnEdge({ unprovedPerSecond: 2 })
  let answers = 0
  for (let i = 0; i < 50; i++) {
    const conversation = new Conversation(edge)
    conversation.client.send(Buffer.of(1))
    const [hello] = conversation.client.flush(edge.nowMs)
    const [welcome] = edge.receive(hello?.bytes ?? Buffer.alloc(0), at(`198.51.100.${i}`))
    if (welcome) answers++
    expect(welcome?.bytes.length ?? 0).toBeLessThan(HELLO_BYTES)
  }
  expect(answers).toBe(10)
})

test('a drain: nothing new is taken, what was taken is answered, and then the pipes are closed', () => {
  const conversation = new Conversation(new AnEdge())
  const { edge, client, answers } = conversation
  const message = edge.message()
  conversation.send(message)
  conversation.pass(4)
  edge.acknowledge()
  edge.parts.edge.stopTaking()
  conversation.pass(2)
  expect(client.router).toBeUndefined() // told to move
  conversation.accept([message])
  expect(answers.map(({ stage }) => stage)).toEqual(['accepted'])
  expect(edge.parts.edge.isIdle).toBe(true)
  conversation.carry(edge.parts.edge.close(edge.nowMs))
  expect(edge.parts.pipes.size.pipes).toBe(0)
})
