import { randomBytes } from 'node:crypto'
import {
  encodeMessage,
  HELLO_BYTES,
  keyPairFromSeed,
  type Message,
  messageId,
  type Outgoing,
  type PipeAnswer,
  PipeClient,
  parseMessage,
  pipeKeysOf,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { AnEdge, at, SECRET } from '../support/an-edge.ts'

const CLIENT = at('192.0.2.1')
const ROUTER = at('203.0.113.1', 42_424)
/** As long as a receipt with a path of two. */
const RECEIPT_BYTES = 230 + 35 + 64

/** A pipe's client and the edge, with nothing between them. */
class Conversation {
  readonly edge: AnEdge
  readonly answers: PipeAnswer[] = []
  readonly tapEnds: string[] = []
  readonly client: PipeClient

  constructor(edge: AnEdge) {
    this.edge = edge
    this.client = new PipeClient({
      routers: [{ address: ROUTER, key: pipeKeysOf(SECRET).publicKey }],
      random: randomBytes,
      onAnswer: (_key, answer) => this.answers.push(answer),
      onRow: () => undefined,
      onTapEnd: (_tap, code) => this.tapEnds.push(code),
    })
  }

  send(...messages: readonly Message[]): void {
    for (const message of messages) this.client.send(encodeMessage(message))
    this.carry()
  }

  /** To and fro until nobody says anything more. @param toClient what the edge has said already */
  carry(toClient: readonly Outgoing[] = []): void {
    const { edge, client } = this
    let toServer = [...client.flush(edge.nowMs)]
    for (const { bytes } of toClient) toServer.push(...client.receive(bytes, ROUTER, edge.nowMs))
    while (toServer.length > 0) {
      const answers = toServer.flatMap(({ bytes }) => [...edge.receive(bytes, CLIENT)])
      toServer = answers.flatMap(({ bytes }) => [...client.receive(bytes, ROUTER, edge.nowMs)])
    }
  }

  pass(ms: number): void {
    const { edge, client } = this
    for (const end = edge.nowMs + ms; edge.nowMs < end; ) {
      this.carry(edge.pass(1))
      for (const { bytes } of client.tick(edge.nowMs)) this.carry(edge.receive(bytes, CLIENT))
    }
  }

  /** Ingest's word on what the last pack held. */
  accept(messages: readonly Message[], pack = this.edge.published.length - 1): Uint8Array[] {
    const receipts = messages.map(() => randomBytes(RECEIPT_BYTES).fill(2, 230 + 34, 230 + 35))
    const accepted = messages.map((message, packIndex) => ({
      packIndex,
      id: messageId(message),
      receipt: receipts[packIndex] as Uint8Array,
    }))
    const packId = this.edge.published[pack]?.id
    if (!packId) throw new Error('nothing was published')
    this.carry(this.edge.parts.edge.verdicts({ packId, accepted, refused: [] }, this.edge.nowMs))
    return receipts
  }
}

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

test('this router follows no feed, and says so', () => {
  const conversation = new Conversation(new AnEdge())
  const receiver = conversation.edge.receiver.publicKey
  conversation.client.tap({ receiver, after: 0n, author: undefined, topic: undefined })
  conversation.carry()
  expect(conversation.tapEnds).toEqual(['unavailable'])
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
