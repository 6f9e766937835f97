import { concat } from '../bytes/bytes.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import { DATAGRAM_OUT_BYTES_MAX } from '../limits.ts'
import type { Outgoing } from '../machine.ts'
import { faulty, type Parsed } from '../parsed.ts'
import { openFrame, sealFrame } from './frame.ts'
import { PartQueue, type QueuedPart, queuedPart } from './part-queue.ts'
import { type CloseReason, encodePart, type Part, parseParts } from './parts.ts'
import { Paths } from './path.ts'
import { Received } from './received.ts'
import { Recovery } from './recovery/recovery.ts'
import { ReplayWindow } from './replay-window.ts'
import { FRAME_OVERHEAD_BYTES, FRAMES_MAX, PARTS_BYTES_MAX, PIPE_MS_MAX } from './sizes.ts'

export type SessionOptions = Readonly<{
  /** The two ends' ids: ours stands in what comes, theirs in what leaves. */
  ours: Uint8Array
  theirs: Uint8Array
  sendKey: Uint8Array
  receiveKey: Uint8Array
  address: UdpAddress
  /** Whether the address has shown that it receives what is sent there. */
  proved: boolean
  /** Whether the other end may come from another address; else only the configured one is sent to. */
  roams: boolean
  /** Silence after which the pipe is over, milliseconds. */
  idleMs: number
  random: (bytes: number) => Uint8Array
  nowMs: number
  /** For tests that will not send four thousand million frames. */
  framesMax?: number | undefined
}>

/** Why a pipe is over: the other end or we said so; it was silent; its new address never answered. */
export type EndReason = CloseReason | 'idle' | 'lost'

export type SessionFault = 'replayed' | 'forged' | 'no-parts' | 'bad-part' | 'bad-ack' | 'not-wanted'

/** Frames of one flush; the pacer stops it before. */
const FRAMES_PER_FLUSH_MAX = 64
/** Counters kept back for the last words. */
const FRAMES_RESERVE = 64
const PING = encodePart({ type: 'ping' })

/** One end of an open pipe: frames in, frames out, nothing lost. What the parts mean is for its owner. */
export class Session {
  readonly ours: Uint8Array
  readonly #options: SessionOptions
  readonly #window = new ReplayWindow()
  readonly #received = new Received()
  readonly #recovery = new Recovery()
  readonly #queue = new PartQueue()
  readonly #paths: Paths
  readonly #framesMax: number
  #counter = 0
  #asked = 0
  #heardMs: number
  #askedMs: number | undefined
  #paceMs: number | undefined
  #response: QueuedPart | undefined
  #ended: EndReason | undefined

  constructor(options: SessionOptions) {
    this.ours = options.ours
    this.#options = options
    this.#heardMs = options.nowMs
    this.#paths = new Paths(options.address, options.proved, options.random)
    this.#framesMax = (options.framesMax ?? FRAMES_MAX) - FRAMES_RESERVE
  }

  get ended(): EndReason | undefined {
    return this.#ended
  }

  get address(): UdpAddress {
    return this.#paths.address
  }

  get isProved(): boolean {
    return this.#paths.isProved
  }

  get recovery(): Recovery {
    return this.#recovery
  }

  /** Since when something was sent that wants an answer while nothing at all came; undefined = nothing is overdue. */
  get askedMs(): number | undefined {
    return this.#askedMs
  }

  /** When a frame that belongs to the pipe last came. */
  get heardMs(): number {
    return this.#heardMs
  }

  /** Parts that wait to be sent. */
  get waiting(): number {
    return this.#queue.size
  }

  /** Frames sent that wanted an answer. */
  get asked(): number {
    return this.#asked
  }

  /**
   * @param counter as its header says
   * @param wants whether to take a frame at all: one that is not wanted leaves no trace, and is to its sender as lost
   * @returns what the frame holds; with a fault but for `replayed`, `forged` and `not-wanted` the pipe should end
   */
  receive(
    bytes: Uint8Array,
    counter: number,
    from: UdpAddress,
    nowMs: number,
    wants: (parts: readonly Part[]) => boolean = () => true,
  ): Parsed<readonly Part[], SessionFault> {
    if (!this.#window.isFresh(counter)) return faulty('replayed')
    const plain = openFrame(this.#options.receiveKey, counter, bytes)
    if (!plain) return faulty('forged')
    const newest = counter > this.#window.largest
    this.#window.mark(counter)
    const parts = parseParts(plain)
    if (!parts.ok) return parts
    if (!wants(parts.value)) return faulty('not-wanted')
    this.#heardMs = nowMs
    this.#askedMs = undefined
    this.#received.add(counter, parts.value.some(isEliciting), nowMs)
    if (this.#options.roams) this.#heard(from, bytes.length, newest, nowMs)
    for (const part of parts.value) {
      if (part.type === 'ack') {
        if ((part.ack.ranges[0]?.last ?? 0) >= this.#counter) return faulty('bad-ack')
        this.#queue.again(this.#recovery.acknowledged(part.ack, nowMs))
      } else if (part.type === 'path-challenge') {
        this.#respond(part.data)
      } else if (part.type === 'path-response') this.#paths.answered(part.data, from)
    }
    return parts
  }

  /** Enters a part; it leaves with the next {@link flush} that has room. @returns it, to be called off by setting `done` */
  send(part: Exclude<Part, { type: 'unknown' }>, reliable = true): QueuedPart {
    const queued = queuedPart(encodePart(part), reliable)
    if (queued.bytes.length > PARTS_BYTES_MAX)
      throw new RangeError(`a part of ${queued.bytes.length} bytes fits no frame`)
    this.#queue.push(queued)
    return queued
  }

  /** The same, before all that was entered by `send` and waits: an answer does not queue behind a feed. */
  sendSoon(part: Exclude<Part, { type: 'unknown' }>): QueuedPart {
    const queued = queuedPart(encodePart(part), true)
    this.#queue.again([queued])
    return queued
  }

  /** Sends what may be sent now. */
  flush(nowMs: number, out: Outgoing[]): void {
    this.#paceMs = undefined
    for (let i = 0; i < FRAMES_PER_FLUSH_MAX && !this.#ended; i++) {
      const waits = this.#queue.peek() !== undefined
      const wants = waits || (i === 0 && this.#recovery.wantsProbe)
      const may = wants && this.#recovery.maySend(DATAGRAM_OUT_BYTES_MAX, nowMs)
      if (wants && !may) this.#paceMs = this.#recovery.paceMs(DATAGRAM_OUT_BYTES_MAX)
      if (!may && (this.#received.dueMs ?? Number.POSITIVE_INFINITY) > nowMs) return
      if (!this.#paths.allows(DATAGRAM_OUT_BYTES_MAX)) return this.#sparing(nowMs, out)
      this.#frame(may, nowMs, out)
    }
    if (!this.#ended) this.#paceMs = nowMs
  }

  get deadline(): number | undefined {
    if (this.#ended) return undefined
    const { nowMs, idleMs } = this.#options
    const mayTalk = this.#paths.allows(DATAGRAM_OUT_BYTES_MAX) // else what is due waits for the other end
    return Math.min(
      (mayTalk ? this.#received.dueMs : undefined) ?? Number.POSITIVE_INFINITY,
      (mayTalk ? this.#paceMs : undefined) ?? Number.POSITIVE_INFINITY,
      this.#recovery.deadline ?? Number.POSITIVE_INFINITY,
      this.#paths.challengeMs ?? Number.POSITIVE_INFINITY,
      this.#heardMs + idleMs,
      nowMs + PIPE_MS_MAX,
    )
  }

  /** Sees to what is due; a flush should follow. */
  tick(nowMs: number): void {
    if (this.#ended) return
    if (nowMs >= this.#heardMs + this.#options.idleMs) this.#ended = 'idle'
    else if (nowMs >= this.#options.nowMs + PIPE_MS_MAX) this.#ended = 'spent'
    this.#queue.again(this.#recovery.tick(nowMs))
    if ((this.#paths.challengeMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#challenge(nowMs)
  }

  /** The last words, sent once and not waited for. */
  close(reason: CloseReason, nowMs: number, out: Outgoing[]): void {
    this.#ended = reason
    this.#emit([encodePart({ type: 'close', reason })], [], nowMs, out)
  }

  #heard(from: UdpAddress, bytes: number, newest: boolean, nowMs: number): void {
    const moved = this.#paths.heard(from, bytes, newest)
    if (moved === 'stayed') return
    if (moved === 'address') this.#queue.again(this.#recovery.restart())
    if (!this.#paths.isProved) this.#challenge(nowMs)
  }

  /** To the newest challenge alone: whoever sends many gets no more to wait for than one. */
  #respond(data: Uint8Array): void {
    const response = queuedPart(encodePart({ type: 'path-response', data }), false)
    this.#queue.first(response, this.#response)
    this.#response = response
  }

  #challenge(nowMs: number): void {
    const challenge = this.#paths.challenge(nowMs + this.#recovery.probeTimeoutMs)
    if (challenge === 'lost') this.#ended = 'lost'
    else if (challenge !== 'back') {
      this.#queue.first(queuedPart(encodePart({ type: 'path-challenge', data: challenge }), false))
    }
  }

  /** To an address that is not proved: one small frame as long as three times what came from there allows it. */
  #sparing(nowMs: number, out: Outgoing[]): void {
    const part = this.#queue.peek()
    if (!part || !this.#paths.allows(FRAME_OVERHEAD_BYTES + part.bytes.length)) return
    this.#queue.shift()
    this.#emit([part.bytes], [part], nowMs, out)
  }

  #frame(mayCarry: boolean, nowMs: number, out: Outgoing[]): void {
    const bytes: Uint8Array[] = []
    const parts: QueuedPart[] = []
    let room = PARTS_BYTES_MAX
    const ack = this.#received.take(nowMs)
    if (ack) {
      bytes.push(encodePart({ type: 'ack', ack }))
      room -= (bytes[0] as Uint8Array).length
    }
    if (mayCarry) {
      let part = this.#queue.peek()
      if (!part) parts.push(queuedPart(PING, false))
      for (; part && part.bytes.length <= room; part = this.#queue.peek()) {
        this.#queue.shift()
        room -= part.bytes.length
        parts.push(part)
      }
    }
    for (const part of parts) bytes.push(part.bytes)
    this.#emit(bytes, parts, nowMs, out)
  }

  #emit(bytes: readonly Uint8Array[], parts: readonly QueuedPart[], nowMs: number, out: Outgoing[]): void {
    const counter = this.#counter++
    if (this.#counter >= this.#framesMax) this.#ended ??= 'spent'
    const frame = sealFrame(this.#options.sendKey, { id: this.#options.theirs, counter }, concat(bytes))
    out.push({ to: this.#paths.address, bytes: frame })
    this.#paths.sent(frame.length)
    if (parts.length === 0) return
    this.#asked++
    this.#askedMs ??= nowMs
    this.#recovery.sent(counter, parts, frame.length, nowMs)
  }
}

/** RFC 9000 §13.2.1: all but acknowledgements and last words want an acknowledgement. */
function isEliciting(part: Part): boolean {
  return part.type !== 'ack' && part.type !== 'close'
}
