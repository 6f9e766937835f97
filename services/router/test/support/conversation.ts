// A pipe's client and the edge, with nothing between them.
import { randomBytes } from 'node:crypto'
import {
  encodeMessage,
  equalBytes,
  type Message,
  messageId,
  type Outgoing,
  type PipeAnswer,
  PipeClient,
  type Position,
  pipeKeysOf,
  type Row,
  type UdpAddress,
} from '@p2pmsg/protocol'
import { type AnEdge, at, SECRET } from './an-edge.ts'

const ROUTER = at('203.0.113.1', 42_424)
/** As long as a receipt with a path of two. */
const RECEIPT_BYTES = 230 + 35 + 64

export class Conversation {
  readonly edge: AnEdge
  readonly answers: PipeAnswer[] = []
  readonly tapEnds: string[] = []
  readonly rows: Row[] = []
  readonly behind: Position[] = []
  /** Whether rows are said to be kept as soon as they come. */
  keeps = true
  readonly client: PipeClient
  readonly address: UdpAddress

  constructor(edge: AnEdge, from: UdpAddress = at('192.0.2.1')) {
    this.edge = edge
    this.address = from
    this.client = new PipeClient({
      routers: [{ address: ROUTER, key: pipeKeysOf(SECRET).publicKey }],
      random: randomBytes,
      onAnswer: (_key, answer) => this.answers.push(answer),
      onRow: (key, row) => {
        this.rows.push(row)
        if (this.keeps) this.client.delivered(key, row.position)
      },
      onBehind: (_tap, position) => this.behind.push(position),
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
      const answers = toServer.flatMap(({ bytes }) => [...edge.receive(bytes, this.address)])
      toServer = answers.flatMap(({ bytes }) => [...client.receive(bytes, ROUTER, edge.nowMs)])
    }
  }

  pass(ms: number): void {
    const { edge, client } = this
    for (const end = edge.nowMs + ms; edge.nowMs < end; ) {
      this.carry(edge.pass(1))
      for (const { bytes } of client.tick(edge.nowMs)) this.carry(edge.receive(bytes, this.address))
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

/** Lets everybody talk until neither the feeds nor anybody else has anything more to say. */
export async function settle(edge: AnEdge, conversations: readonly Conversation[]): Promise<void> {
  const carry = (outgoing: readonly Outgoing[]): void => {
    for (const { to, bytes } of outgoing) {
      const conversation = conversations.find(({ address }) => equalBytes(address.ip, to.ip))
      if (conversation) answer(conversation, conversation.client.receive(bytes, ROUTER, edge.nowMs))
    }
  }
  const answer = ({ address }: Conversation, outgoing: readonly Outgoing[]): void => {
    for (const { bytes } of outgoing) carry(edge.receive(bytes, address))
  }
  for (let quiet = 0; quiet < 3; ) {
    for (const each of conversations) answer(each, each.client.flush(edge.nowMs))
    const said = await edge.told()
    quiet = said.length === 0 ? quiet + 1 : 0
    carry(said)
    for (let ms = 0; ms < 30; ms++) {
      carry(edge.pass(1))
      for (const each of conversations) answer(each, each.client.tick(edge.nowMs))
    }
  }
}
