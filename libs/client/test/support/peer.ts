// A KRPC peer on a real port that a test makes answer as it likes: lying, silent, slow or right. The real router cannot be
// made to misbehave on demand; what it does by itself is tried in tests/integration.
import {
  buildTree,
  compactAddress,
  type Dict,
  encodeQuery,
  encodeReceipt,
  encodeReply,
  type Frame,
  type KeyPair,
  keyPairFromSeed,
  messageId,
  messageOf,
  parseFrame,
  Raw,
  type ReceiverRecord,
  signDelegation,
  signRecord,
  signStatement,
  type UdpAddress,
} from '@p2pmsg/protocol'
import { UdpSocket } from '@p2pmsg/udp'
import { PIPE_KEY } from './pipe-peer.ts'

export type Query = Frame & { kind: 'query' }
/** What the peer does with a `msg`: datagrams to answer with, none to stay silent. `nth` counts from 0 over all queries. */
export type OnMessage = (query: Query, from: UdpAddress, nth: number) => Uint8Array[]

const seed = (n: number) => Buffer.alloc(32, n)
const FIRST_PIPE_BYTE = 0xf8
const ID = Buffer.alloc(20, 7)
export const TOKEN = Buffer.from('token-1!')

export class Peer implements AsyncDisposable {
  readonly receiverKeys = keyPairFromSeed(seed(1))
  readonly receiptKeys = keyPairFromSeed(seed(2))
  readonly seen: Query[] = []
  #socket: UdpSocket | undefined
  #nth = 0
  token: Uint8Array = TOKEN
  feedUrl: string | undefined
  postUrl: string | undefined
  /** Where its pipes are; none unless a test makes some. */
  pipePort: number | undefined
  onMessage: OnMessage
  onGet: (query: Query, from: UdpAddress) => Uint8Array[]

  constructor() {
    this.onMessage = (query, from) => [this.accept(query, from)]
    this.onGet = (query, from) => [this.record(query, from)]
  }

  static async start(): Promise<Peer> {
    const peer = new Peer()
    peer.#socket = await UdpSocket.open({
      host: '127.0.0.1',
      port: 0,
      onDatagram: (bytes, from) => {
        if ((bytes[0] ?? 0) >= FIRST_PIPE_BYTE) return // pipes are for others
        const frame = parseFrame(bytes)
        if (!frame.ok) throw new Error(`the client sent a ${frame.fault} datagram`)
        for (const answer of peer.#answers(frame.value, from)) peer.#socket?.send(from, answer)
      },
    })
    return peer
  }

  get port(): number {
    return this.#socket?.port ?? 0
  }

  count(method: string): number {
    return this.seen.filter((query) => query.method === method).length
  }

  #answers(frame: Frame, from: UdpAddress): Uint8Array[] {
    if (frame.kind !== 'query') {
      this.onPong(frame)
      return []
    }
    this.seen.push(frame)
    if (frame.method === 'get') return this.onGet(frame, from)
    if (frame.method === 'msg') return this.onMessage(frame, from, this.#nth++)
    return [encodeReply(frame.t, { id: ID }, compactAddress(from))]
  }

  onPong: (frame: Frame) => void = () => undefined

  /** A full answer to `get`. */
  record(query: Query, from: UdpAddress, keys: KeyPair = this.receiverKeys): Uint8Array {
    const item = signRecord(keys, this.describe(), 1n)
    const { key, seq, signature, value } = item
    const body = { id: ID, token: this.token, nodes: '', k: key, seq, sig: signature, v: new Raw(value) }
    return encodeReply(query.t, body, compactAddress(from))
  }

  tokenOnly(query: Query, from: UdpAddress): Uint8Array {
    return encodeReply(query.t, { id: ID, token: this.token, nodes: '' }, compactAddress(from))
  }

  describe(): ReceiverRecord {
    return {
      delegation: this.delegation(),
      endpoints: [{ host: '127.0.0.1', port: this.pipePort ?? this.port }],
      feedUrl: this.feedUrl,
      postUrl: this.postUrl,
      valueBytesMax: 900,
      pipeKey: this.pipePort === undefined ? undefined : PIPE_KEY,
      sealKey: undefined,
      expires: Math.floor(Date.now() / 1000) + 3600,
    }
  }

  delegation() {
    return signDelegation(this.receiverKeys, { receiptKey: this.receiptKeys.publicKey, from: 0, until: 4e9 })
  }

  /** A receipt that verifies, unless another key signs it. */
  receipt(ids: Uint8Array[], index: number, keys: KeyPair = this.receiptKeys): Uint8Array {
    const tree = buildTree(ids)
    const statement = {
      streamSeq: 5,
      partition: 0,
      treeSize: ids.length,
      root: tree.root,
      durability: 'synced' as const,
      time: Date.now(),
    }
    return encodeReceipt({
      statement,
      signature: signStatement(keys, statement),
      delegation: this.delegation(),
      id: ids[index] as Uint8Array,
      index,
      path: tree.path(index),
    })
  }

  accept(query: Query, from: UdpAddress, keys?: KeyPair): Uint8Array {
    const id = idIn(query.args)
    return encodeReply(
      query.t,
      { id: ID, stage: 'accepted', receipt: this.receipt([id], 0, keys), mid: id },
      compactAddress(from),
    )
  }

  logged(query: Query, from: UdpAddress): Uint8Array {
    return encodeReply(query.t, { id: ID, stage: 'logged', mid: idIn(query.args) }, compactAddress(from))
  }

  reply(to: UdpAddress, bytes: Uint8Array): void {
    this.#socket?.send(to, bytes)
  }

  ping(): Uint8Array {
    return encodeQuery(Buffer.from('ping'), 'ping', { id: ID })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket?.[Symbol.asyncDispose]()
  }
}

export function idIn(args: Dict): Uint8Array {
  const message = messageOf(args)
  if (!message.ok) throw new Error('the client sent no message')
  return messageId(message.value)
}
