// The whole edge without I/O: the test is its clock, its network and its bus.
import { randomBytes } from 'node:crypto'
import {
  type Budget,
  DELETE_TYPE,
  type Dict,
  type Encodable,
  encodeContent,
  encodeEntry,
  encodeQuery,
  type Frame,
  type KeyPair,
  keyPairFromSeed,
  type Message,
  messageId,
  OPEN_POLICY,
  type Outgoing,
  type Pack,
  type PackId,
  parseFrame,
  parseIp,
  parsePack,
  Raw,
  type ReceiverRecord,
  recordTarget,
  saltOf,
  signDelegation,
  signItem,
  signRecord,
  Tokens,
  toHex,
  type UdpAddress,
  utf8,
} from '@p2pmsg/protocol'
import { createLogger } from '@p2pmsg/runtime'
import { type AssembledEdge, assembleEdge } from '../../src/assemble.ts'
import type { PackInFlight } from '../../src/edge/pack-in-flight.ts'
import { LiveRouters } from '../../src/node/live-routers.ts'
import { Taps } from '../../src/pipe/taps.ts'
import { Receivers } from '../../src/receivers.ts'
import { AFeed } from './a-feed.ts'

export type Published = Readonly<{ inFlight: PackInFlight; id: PackId; pack: Pack }>

export const SECRET: Uint8Array = Buffer.alloc(32, 7)
export const NODE_ID: Uint8Array = Buffer.alloc(20, 9)
const START_MS = 1_800_000_000_000
const AMPLE: Budget = { perSecond: 1_000_000, burst: 1_000_000 }

export class AnEdge {
  nowMs = START_MS
  readonly receiver = keyPairFromSeed(Buffer.alloc(32, 1))
  readonly author = keyPairFromSeed(Buffer.alloc(32, 2))
  readonly receivers = new Receivers()
  readonly routers = new LiveRouters()
  readonly tokens = new Tokens([SECRET])
  readonly published: Published[] = []
  readonly parts: AssembledEdge
  readonly taps: Taps
  /** What was said to pipes outside of a call of the edge's; not sent yet. */
  #told = false
  #seq = BigInt(START_MS) * 1000n

  constructor(
    options: Readonly<{
      provedPerSecond?: number
      unprovedPerSecond?: number
      budget?: Budget
      waitingMax?: number
      originates?: boolean
      feed?: AFeed
      tapsMax?: number
      feedsMax?: number
    }> = {},
  ) {
    this.host(this.receiver, options.budget ?? AMPLE)
    const feed = options.feed ?? new AFeed()
    this.taps = new Taps({
      receivers: this.receivers,
      feed: (question) => feed.answer(question),
      partitions: () => Promise.resolve(1),
      listen: (wants, onAnnouncement) => feed.listen(wants, onAnnouncement),
      log: createLogger('router', 'silent'),
      now: () => this.nowMs,
      onTold: () => {
        this.#told = true
      },
      ...(options.tapsMax !== undefined && { tapsMax: options.tapsMax }),
      ...(options.feedsMax !== undefined && { feedsMax: options.feedsMax }),
    })
    const { provedPerSecond = 1_000_000, unprovedPerSecond = 20, waitingMax = 1_000_000 } = options
    this.parts = assembleEdge(
      {
        incarnation: Buffer.alloc(8, 5),
        nodeId: NODE_ID,
        clusterSecrets: [SECRET],
        random: randomBytes,
        rates: { provedPerSecond, unprovedPerSecond, seed: 42 },
        node: { responderOnly: options.originates !== true, random: randomBytes },
        receivers: this.receivers,
        taps: this.taps,
        routers: this.routers,
        waitingMax,
        publish: (inFlight, id, bytes) => {
          const pack = parsePack(bytes)
          if (!pack.ok) throw new Error(pack.fault)
          this.published.push({ inFlight, id, pack: pack.value })
        },
      },
      this.nowMs,
    )
  }

  host(receiver: KeyPair, budget: Budget = AMPLE, record: Partial<ReceiverRecord> = {}): void {
    const [from, until] = [START_MS / 1000 - 60, START_MS / 1000 + 3600]
    const full = {
      delegation: signDelegation(receiver, { receiptKey: receiver.publicKey, from, until }),
      endpoints: [{ host: '127.0.0.1', port: 42_424 }],
      feedUrl: undefined,
      postUrl: undefined,
      valueBytesMax: 900,
      pipeKey: undefined,
      sealKey: undefined,
      expires: until,
      ...record,
    }
    const entry = encodeEntry({ item: signRecord(receiver, full, 7n), policy: OPEN_POLICY, budget })
    this.receivers.put(toHex(receiver.publicKey), entry, this.nowMs)
  }

  message(text = 'hello', receiver = this.receiver, topic = '', author = this.author): Message {
    const value = encodeContent({ text })
    return signItem(author, { salt: saltOf(receiver.publicKey, utf8(topic)), seq: this.#seq++, value })
  }

  /** What an author sends to have an earlier message removed. */
  removalOf(target: Message, author = this.author): Message {
    const value = encodeContent({ type: DELETE_TYPE, replyTo: messageId(target) })
    return signItem(author, { salt: saltOf(this.receiver.publicKey, utf8('')), seq: this.#seq++, value })
  }

  expiring(seconds: number): Message {
    const value = encodeContent({ text: 'soon over', expires: seconds })
    return signItem(this.author, { salt: saltOf(this.receiver.publicKey, utf8('')), seq: this.#seq++, value })
  }

  token(from: UdpAddress, receiver = this.receiver): Uint8Array {
    return this.tokens.make(from.ip, recordTarget(receiver.publicKey), this.nowMs)
  }

  receive(bytes: Uint8Array, from: UdpAddress): readonly Outgoing[] {
    return this.parts.edge.receive(bytes, from, this.nowMs)
  }

  /** What taps were sent since the last call. */
  async told(): Promise<readonly Outgoing[]> {
    await new Promise((resolve) => setImmediate(resolve)) // what the feed has answered is worked off
    if (!this.#told) return []
    this.#told = false
    return this.parts.pipes.flush(this.nowMs)
  }

  ask(method: string, args: Readonly<Record<string, Encodable>>, from: UdpAddress): readonly Outgoing[] {
    return this.receive(query(method, args), from)
  }

  /** Sends a message with a valid token. @param t its transaction id */
  post(message: Message, from: UdpAddress, t = 'aaaa'): readonly Outgoing[] {
    return this.receive(msg(message, this.token(from), t), from)
  }

  /** Lets time pass, calling at each deadline as a driver does. */
  pass(ms: number): Outgoing[] {
    const out: Outgoing[] = []
    const end = this.nowMs + ms
    const { edge } = this.parts
    for (let due = edge.deadline; due !== undefined && due <= end; due = edge.deadline) {
      this.nowMs = Math.max(this.nowMs, due)
      out.push(...edge.tick(this.nowMs))
    }
    this.nowMs = end
    return out
  }

  /** EDGE stores every pack published so far. */
  acknowledge(): Outgoing[] {
    return this.published.flatMap(({ inFlight }) =>
      inFlight.acked ? [] : [...this.parts.edge.acknowledged(inFlight, this.nowMs)],
    )
  }
}

export function at(host: string, port = 5_000): UdpAddress {
  const ip = parseIp(host)
  if (!ip) throw new Error(host)
  return { ip, port }
}

export function query(method: string, args: Readonly<Record<string, Encodable>>, t = 'aaaa'): Uint8Array {
  return encodeQuery(utf8(t), method, { id: Buffer.alloc(20, 3), ...args })
}

export function msg(message: Message, token: Uint8Array, t = 'aaaa'): Uint8Array {
  const { key: k, salt, seq, value, signature: sig } = message
  return query('msg', { token, k, salt, seq, v: new Raw(value), sig }, t)
}

export function frameOf(outgoing: Outgoing | undefined): Frame {
  const frame = parseFrame(outgoing?.bytes ?? new Uint8Array(0))
  if (!frame.ok) throw new Error(frame.fault)
  return frame.value
}

export function bodyOf(outgoing: Outgoing | undefined): Dict {
  const frame = frameOf(outgoing)
  if (frame.kind !== 'reply') throw new Error(`a ${frame.kind} and no reply`)
  return frame.body
}

/** What a `msg` was answered with: its stage, or the text of the error. */
export function wordOf(outgoing: Outgoing | undefined): string {
  if (!outgoing) return 'nothing'
  const frame = frameOf(outgoing)
  if (frame.kind === 'query') return frame.method
  return frame.kind === 'error' ? frame.text : Buffer.from(frame.body.bytes('stage') ?? []).toString()
}

export function bytesOf(outgoing: readonly Outgoing[]): number {
  return outgoing.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
