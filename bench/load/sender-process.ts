/**
 * The sending side of a load, in a process of its own so that its cost is not counted with the cluster's: signs everything first,
 * then sends, sends again what stays unanswered, and reports.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  encodeQuery,
  expectParsed,
  type Frame,
  fromHex,
  isTemporary,
  type Message,
  parseFrame,
  parseIp,
  parseReceipt,
  parseRefusalText,
  positionOf,
  Raw,
  recordTarget,
  toHex,
  type UdpAddress,
} from '@p2pmsg/protocol'
import { UdpSocket } from '@p2pmsg/udp'
import type { LoadOrder, LoadResult } from './load.ts'
import { signMessages } from './signed-messages.ts'

/** First wait for an answer and the longest, milliseconds. */
const RESEND_MS = 500
const RESEND_MS_MAX = 4_000
const SWEEP_MS = 20
/** So that an address that has proved nothing may get the whole record, bytes. */
const PAD_BYTES = 400
const TOKEN_TRANSACTION = 0xffff_ffff
/** Tokens are asked for anew after this, milliseconds: they are good for five minutes at least. */
const TOKEN_MS = 240_000

type Pending = { source: Source; index: number; sentMs: number; dueMs: number; waitMs: number }
type Source = { socket: UdpSocket; token: Uint8Array | undefined; tokenMs: number }

class Load {
  readonly #order: LoadOrder
  readonly #messages: readonly Message[]
  readonly #id = randomBytes(20)
  readonly #target: Uint8Array
  readonly #router: UdpAddress
  readonly #pending = new Map<number, Pending>() // bounded by the window
  readonly #sources: Source[] = []
  readonly #accepted: LoadResult['accepted'][number][] = []
  readonly #refused: Record<string, number> = {}
  readonly #putOff: Record<string, number> = {}
  #next = 0
  #resent = 0

  constructor(order: LoadOrder, messages: readonly Message[], receiver: Uint8Array) {
    this.#order = order
    this.#messages = messages
    this.#target = recordTarget(receiver)
    this.#router = { ip: parseIp('127.0.0.1') ?? new Uint8Array(16), port: order.udpPort }
  }

  async run(): Promise<LoadResult> {
    for (const host of this.#order.sources) await this.#open(host)
    const startedMs = Date.now()
    const sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    if (this.#order.rate === 0) this.#fill()
    else await this.#pace()
    await this.#settle()
    clearInterval(sweeper)
    const endedMs = Date.now()
    for (const { socket } of this.#sources) await socket[Symbol.asyncDispose]()
    return {
      startedMs,
      endedMs,
      accepted: this.#accepted,
      refused: this.#refused,
      putOff: this.#putOff,
      resent: this.#resent,
      unanswered:
        this.#messages.length - this.#accepted.length - Object.values(this.#refused).reduce((a, b) => a + b, 0),
    }
  }

  async #open(host: string): Promise<void> {
    const source: Source = {
      socket: await UdpSocket.open({ host, port: 0, onDatagram: (bytes) => this.#onDatagram(source, bytes) }),
      token: undefined,
      tokenMs: 0,
    }
    this.#sources.push(source)
    for (let tries = 0; !source.token && tries < 40; tries++) {
      this.#askToken(source)
      await sleep(250)
    }
    if (!source.token) throw new Error('the router gives no token')
  }

  #askToken(source: Source): void {
    const t = Buffer.alloc(4)
    t.writeUInt32BE(TOKEN_TRANSACTION)
    source.tokenMs = Date.now()
    source.socket.send(
      this.#router,
      encodeQuery(t, 'get', { id: this.#id, target: this.#target, pad: Buffer.alloc(PAD_BYTES) }),
    )
  }

  #onDatagram(source: Source, bytes: Uint8Array): void {
    const frame = parseFrame(bytes)
    if (!frame.ok || frame.value.kind === 'query') return
    const { t } = frame.value
    const transaction = t.length === 4 ? Buffer.from(t).readUInt32BE() : undefined
    if (transaction === TOKEN_TRANSACTION) {
      if (frame.value.kind === 'reply') source.token = frame.value.body.bytes('token') ?? source.token
      return
    }
    const pending = transaction === undefined ? undefined : this.#pending.get(transaction)
    if (pending) this.#onAnswer(pending, frame.value)
  }

  #onAnswer(pending: Pending, frame: Exclude<Frame, { kind: 'query' }>): void {
    const now = Date.now()
    if (frame.kind === 'reply') {
      const receipt = frame.body.bytes('receipt')
      if (!receipt) return // only logged so far: the sweep asks again
      const { statement, index, id } = expectParsed(parseReceipt(receipt), 'receipt')
      const position = positionOf(statement.streamSeq, index).toString()
      this.#accepted.push({
        id: toHex(id),
        position,
        sentMs: pending.sentMs,
        latencyMs: performance.timeOrigin + performance.now() - pending.sentMs,
      })
      this.#done(pending)
      return
    }
    const refusal = parseRefusalText(frame.text)
    if (!refusal) {
      this.#askToken(pending.source)
      pending.dueMs = now + 50
    } else if (isTemporary(refusal.code)) {
      this.#putOff[refusal.code] = (this.#putOff[refusal.code] ?? 0) + 1
      pending.dueMs = now + (refusal.retryAfterMs ?? RESEND_MS)
    } else {
      this.#refused[refusal.code] = (this.#refused[refusal.code] ?? 0) + 1
      this.#done(pending)
    }
  }

  #done(pending: Pending): void {
    this.#pending.delete(pending.index)
    if (this.#order.rate === 0) this.#fill()
  }

  #fill(): void {
    while (this.#pending.size < this.#order.window && this.#next < this.#messages.length) this.#begin()
  }

  /** Keeps to the clock, not to the answers; a full window puts off, as it would for a person. */
  async #pace(): Promise<void> {
    const started = performance.now()
    while (this.#next < this.#messages.length) {
      const due = Math.min(this.#messages.length, Math.floor(((performance.now() - started) / 1000) * this.#order.rate))
      while (this.#next < due && this.#pending.size < this.#order.window) this.#begin()
      await sleep(1)
    }
  }

  #begin(): void {
    const index = this.#next++
    const source = this.#sources[index % this.#sources.length] as Source
    const sentMs = performance.timeOrigin + performance.now()
    const pending = { source, index, sentMs, dueMs: sentMs + RESEND_MS, waitMs: RESEND_MS }
    this.#pending.set(index, pending)
    this.#send(pending)
  }

  #send({ source, index }: Pending): void {
    const { key, salt, seq, signature, value } = this.#messages[index] as Message
    const t = Buffer.alloc(4)
    t.writeUInt32BE(index)
    const args = { id: this.#id, k: key, salt, seq, sig: signature, token: source.token, v: new Raw(value) }
    source.socket.send(this.#router, encodeQuery(t, 'msg', args))
  }

  #sweep(): void {
    const now = Date.now()
    for (const source of this.#sources) if (now - source.tokenMs > TOKEN_MS) this.#askToken(source)
    for (const pending of this.#pending.values()) {
      if (pending.dueMs > now) continue
      this.#resent++
      pending.waitMs = Math.min(pending.waitMs * 2, RESEND_MS_MAX)
      pending.dueMs = now + pending.waitMs
      this.#send(pending)
    }
  }

  async #settle(): Promise<void> {
    const begun = () => this.#next === this.#messages.length && this.#pending.size === 0
    let [last, lastMs] = [0, Date.now()]
    while (!begun() && Date.now() - lastMs < this.#order.patienceMs) {
      await sleep(5)
      if (this.#accepted.length > last) [last, lastMs] = [this.#accepted.length, Date.now()]
    }
  }
}

process.once('message', (order: LoadOrder) => {
  void (async () => {
    const receiver = fromHex(order.receiver, 32) ?? new Uint8Array(32)
    const messages = signMessages(receiver, order.messages)
    const result = await new Load(order, messages, receiver).run()
    process.send?.(result, () => process.disconnect())
  })()
})
