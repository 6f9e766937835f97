// A sender in a few lines: one UDP socket that asks in KRPC and waits for the answers.
import { randomBytes } from 'node:crypto'
import { type Encodable, encodeQuery, type Frame, type Message, parseFrame, parseIp, Raw } from '@p2pmsg/protocol'
import { sleep } from '@p2pmsg/runtime'
import { UdpSocket } from '@p2pmsg/udp'

export type Answer = Exclude<Frame, { kind: 'query' }>

/** How long a peer waits for an answer that must come, milliseconds; nothing is asserted on it. */
const ANSWER_MS_MAX = 20_000

export class KrpcPeer implements AsyncDisposable {
  /** The address that it asks from. */
  readonly host: string
  readonly #id = randomBytes(20)
  readonly #received: Frame[] = []
  readonly #to: { ip: Uint8Array; port: number }
  #socket: UdpSocket | undefined
  #transactions = 0

  private constructor(port: number, host: string) {
    this.host = host
    this.#to = { ip: parseIp('127.0.0.1') as Uint8Array, port }
  }

  /** @param host the address to ask from: each of 127.0.0.0/8 is an address of its own */
  static async to(port: number, host = '127.0.0.1'): Promise<KrpcPeer> {
    const peer = new KrpcPeer(port, host)
    const onDatagram = (bytes: Uint8Array) => {
      const frame = parseFrame(bytes)
      if (frame.ok) peer.#received.push(frame.value)
    }
    peer.#socket = await UdpSocket.open({ host, port: 0, onDatagram })
    return peer
  }

  get port(): number {
    return this.#socket?.port ?? 0
  }

  /** Everything that came and was not yet asked for. */
  get received(): readonly Frame[] {
    return this.#received
  }

  /** Sends a query without waiting. @returns its transaction id */
  send(method: string, args: Readonly<Record<string, Encodable>>): Uint8Array {
    const t = Buffer.alloc(4)
    t.writeUInt32BE(++this.#transactions)
    this.#socket?.send(this.#to, encodeQuery(t, method, { id: this.#id, ...args }, true))
    return t
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket?.send(this.#to, bytes)
  }

  async ask(method: string, args: Readonly<Record<string, Encodable>>): Promise<Answer> {
    return this.answerTo(this.send(method, args))
  }

  /** The next answer under a transaction id; there may be several. */
  async answerTo(t: Uint8Array): Promise<Answer> {
    for (let waited = 0; waited < ANSWER_MS_MAX; waited += 5) {
      const at = this.#received.findIndex((frame) => frame.kind !== 'query' && Buffer.compare(frame.t, t) === 0)
      if (at >= 0) return this.#received.splice(at, 1)[0] as Answer
      await sleep(5)
    }
    throw new Error('no answer')
  }

  async token(target: Uint8Array): Promise<Uint8Array> {
    const answer = await this.ask('get', { target, pad: Buffer.alloc(300) })
    const token = answer.kind === 'reply' ? answer.body.bytes('token') : undefined
    if (!token) throw new Error('no token')
    return token
  }

  /** @returns the transaction id of the `msg` query */
  post(message: Message, token: Uint8Array): Uint8Array {
    const { key: k, salt, seq, value, signature: sig } = message
    return this.send('msg', { token, k, salt, seq, v: new Raw(value), sig })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket?.[Symbol.asyncDispose]()
  }
}
