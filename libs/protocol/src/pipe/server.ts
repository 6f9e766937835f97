import { idKey, prefixKey } from '../kademlia/address-key.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import type { Machine, Outgoing } from '../machine.ts'
import { Cookies } from './cookie.ts'
import { Deadlines } from './deadlines.ts'
import { openFrame, parseFrameHeader } from './frame.ts'
import { type HalfOpen, HalfOpenTable } from './half-open.ts'
import { encodeHelloReply, encodeWelcome, type HeardHello, helloKey, parseHello, prologueOf } from './handshake.ts'
import { type DhKeys, dhKeys, NoiseResponder } from './noise.ts'
import type { Part } from './parts.ts'
import { encodeReset, RESET_BYTES, ResetTokens } from './reset.ts'
import {
  ALL_TAPS_BYTES_MAX,
  HALF_OPEN_MAX,
  IDLE_SECONDS,
  newServerCounts,
  PIPES_MAX,
  PIPES_PER_PREFIX_MAX,
  type PipeServerOptions,
} from './server-options.ts'
import { ServerPipe } from './server-pipe.ts'
import { type EndReason, Session, type SessionFault } from './session.ts'
import { FRAME, HELLO, PIPE_ID_BYTES } from './sizes.ts'
import type { TapLoad } from './tap-window.ts'

const NOTHING: readonly Outgoing[] = []
/** What does not end a pipe: anybody may have sent it, or too much of it. */
const HARMLESS: ReadonlySet<SessionFault> = new Set(['forged', 'replayed', 'not-wanted'])

/**
 * The router's end of all pipes, without I/O. To strangers it says two things, each shorter than what it answers: a cookie or
 * welcome to a hello, and RESET to a frame of a pipe that it does not have. Its owner calls `flush` after having told pipes
 * something from outside a call of the machine's.
 */
export class PipeServer implements Machine {
  readonly counts = newServerCounts()
  readonly #options: PipeServerOptions
  readonly #helloKeys: readonly Uint8Array[]
  readonly #cookies: Cookies
  readonly #resets: ResetTokens
  readonly #halfOpen: HalfOpenTable
  readonly #pipes = new Map<string, ServerPipe>() // BOUNDED by pipesMax
  readonly #prefixes = new Map<number | string, number>() // BOUNDED by pipesMax
  readonly #deadlines = new Deadlines<ServerPipe>()
  readonly #load: TapLoad
  readonly #touched = new Set<ServerPipe>() // BOUNDED by pipesMax
  #nowMs = 0
  #taking = true

  constructor(options: PipeServerOptions) {
    this.#options = options
    this.#helloKeys = options.keys.map(({ publicKey }) => helloKey(publicKey))
    this.#cookies = new Cookies(options.secrets)
    this.#resets = new ResetTokens(options.secrets[0] as Uint8Array)
    this.#halfOpen = new HalfOpenTable(options.halfOpenMax ?? HALF_OPEN_MAX)
    this.#load = { bytes: 0, bytesMax: options.tapBytesMax ?? ALL_TAPS_BYTES_MAX }
  }

  /** Open pipes, and handshakes under way. */
  get size(): Readonly<{ pipes: number; halfOpen: number }> {
    return { pipes: this.#pipes.size, halfOpen: this.#halfOpen.size }
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    this.#nowMs = nowMs
    const out: Outgoing[] = []
    if (bytes[0] === FRAME) this.#frame(bytes, from, nowMs, out)
    else if (bytes[0] === HELLO) this.#hello(bytes, from, nowMs, out)
    else this.#fault('not-for-routers')
    this.#flushTouched(nowMs, out)
    return out
  }

  get deadline(): number | undefined {
    if (this.#touched.size > 0) return this.#nowMs
    const [pipe, halfOpen] = [this.#deadlines.nextMs, this.#halfOpen.deadline]
    return pipe === undefined ? halfOpen : Math.min(pipe, halfOpen ?? pipe)
  }

  tick(nowMs: number): readonly Outgoing[] {
    this.#nowMs = nowMs
    this.counts.expired += this.#halfOpen.expire(nowMs)
    for (const pipe of this.#deadlines.takeDue(nowMs)) {
      pipe.session.tick(nowMs)
      this.#touched.add(pipe)
    }
    return this.flush(nowMs)
  }

  /** What pipes were told since the last call. */
  flush(nowMs: number): readonly Outgoing[] {
    this.#nowMs = nowMs
    if (this.#touched.size === 0) return NOTHING
    const out: Outgoing[] = []
    this.#flushTouched(nowMs, out)
    return out
  }

  /** No new pipes from now on; clients of open ones go elsewhere with what is new, and still get their answers here. */
  stopTaking(): void {
    this.#taking = false
    for (const pipe of this.#pipes.values()) pipe.move()
  }

  /** Ends all pipes. */
  close(nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = [...this.flush(nowMs)]
    for (const pipe of this.#pipes.values()) this.#end(pipe, 'moving', nowMs, out)
    return out
  }

  #hello(bytes: Uint8Array, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const hello = parseHello(bytes, this.#helloKeys)
    if (!hello.ok) return this.#fault(hello.fault)
    if (!this.#taking) return this.#fault('draining')
    const known = this.#halfOpen.of(from, hello.value.id)
    if (known) return void out.push({ to: from, bytes: known.welcome })
    const { id, cookie } = hello.value
    const proved = this.#cookies.check(cookie, from, nowMs)
    if (!proved && this.#halfOpen.needsCookies) {
      this.counts.cookies++
      const reply = { kind: 'cookie', id, cookie: this.#cookies.make(from, nowMs) } as const
      return void out.push({ to: from, bytes: encodeHelloReply(reply) })
    }
    if (this.#halfOpen.isFullFor(from) || this.#isFullFor(prefixKey(from.ip))) {
      this.counts.full++
      return
    }
    const entry = this.#shakeHands(hello.value, from, proved, nowMs)
    if (!entry) return this.#fault('bad-handshake')
    this.#halfOpen.add(entry)
    this.counts.welcomes++
    out.push({ to: from, bytes: entry.welcome })
  }

  #shakeHands(hello: HeardHello, from: UdpAddress, cookie: boolean, nowMs: number): HalfOpen | undefined {
    const { keys, random } = this.#options
    const theirs = Uint8Array.from(hello.id)
    const noise = new NoiseResponder(keys[hello.key] as DhKeys, prologueOf(theirs))
    if (!noise.read(hello.noise)) return undefined
    const ours = random(PIPE_ID_BYTES)
    const payload = encodeWelcome({ id: ours, resetToken: this.#resets.tokenOf(ours), idleSeconds: IDLE_SECONDS })
    const answer = noise.write(dhKeys(random(32)), payload)
    if (!answer) return undefined
    const welcome = encodeHelloReply({ kind: 'welcome', id: theirs, noise: answer })
    return { ours, theirs, client: from, keys: noise.split(), welcome, cookie, startedMs: nowMs }
  }

  #frame(bytes: Uint8Array, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const header = parseFrameHeader(bytes)
    if (!header.ok) return this.#fault(header.fault)
    const id = idKey(header.value.id)
    const pipe = this.#pipes.get(id)
    if (pipe) return this.#receive(pipe, bytes, header.value.counter, from, nowMs, out)
    const halfOpen = this.#halfOpen.find(id)
    if (halfOpen) return this.#open(halfOpen, bytes, header.value.counter, from, nowMs, out)
    this.#fault('unknown-pipe')
    if (bytes.length <= RESET_BYTES) return
    this.counts.resets++
    const token = this.#resets.tokenOf(header.value.id)
    out.push({ to: from, bytes: encodeReset({ id: header.value.id, token }) })
  }

  /** The first frame: whoever can seal it has got our answer where it was sent. */
  #open(entry: HalfOpen, bytes: Uint8Array, counter: number, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const { random, framesMax } = this.#options
    if (!openFrame(entry.keys.fromInitiator, counter, bytes)) return this.#fault('forged')
    const prefix = prefixKey(entry.client.ip)
    const session = new Session({
      ours: entry.ours,
      theirs: entry.theirs,
      sendKey: entry.keys.fromResponder,
      receiveKey: entry.keys.fromInitiator,
      address: entry.client,
      proved: true,
      roams: true,
      idleMs: IDLE_SECONDS * 1000,
      random,
      nowMs,
      framesMax,
    })
    const touch = (touched: ServerPipe) => void this.#touched.add(touched)
    const pipe = new ServerPipe({
      session,
      prefix,
      events: this.#options,
      counts: this.counts,
      load: this.#load,
      touch,
      nowMs,
    })
    const parts = session.receive(bytes, counter, from, nowMs)
    if (!parts.ok) return this.#fault(parts.fault)
    this.#halfOpen.delete(entry)
    if (this.#isFullFor(prefix)) {
      this.counts.full++
      session.close('full', nowMs, out)
      return
    }
    this.#pipes.set(idKey(entry.ours), pipe)
    this.#prefixes.set(prefix, (this.#prefixes.get(prefix) ?? 0) + 1)
    this.counts.opened++
    this.#options.onProved(entry.client, nowMs)
    if (!this.#taking) pipe.move()
    this.#handle(pipe, parts.value, nowMs, out)
  }

  #receive(pipe: ServerPipe, bytes: Uint8Array, counter: number, from: UdpAddress, nowMs: number, out: Outgoing[]) {
    const { session } = pipe
    const wasProved = session.isProved
    const parts = session.receive(bytes, counter, from, nowMs, (parts) => pipe.wants(parts, nowMs))
    if (!parts.ok) {
      this.#fault(parts.fault)
      if (!HARMLESS.has(parts.fault)) this.#end(pipe, 'protocol-error', nowMs, out)
      return
    }
    if (!wasProved && session.isProved) this.#options.onProved(session.address, nowMs)
    this.#handle(pipe, parts.value, nowMs, out)
  }

  #handle(pipe: ServerPipe, parts: readonly Part[], nowMs: number, out: Outgoing[]): void {
    this.counts.frames++
    this.#touched.add(pipe)
    for (const part of parts) {
      if (part.type === 'close') return this.#forget(pipe, part.reason, nowMs)
      if (!pipe.handle(part, nowMs)) return this.#end(pipe, 'protocol-error', nowMs, out)
    }
  }

  #flushTouched(nowMs: number, out: Outgoing[]): void {
    for (const pipe of this.#touched) {
      this.#touched.delete(pipe)
      pipe.flush(nowMs, out)
      const ended = pipe.session.ended ?? (pipe.isOverfull ? 'full' : undefined)
      if (ended) this.#end(pipe, ended, nowMs, out)
      else this.#deadlines.set(pipe, pipe.session.deadline)
    }
  }

  /** With a last word where somebody may hear it. */
  #end(pipe: ServerPipe, reason: EndReason, nowMs: number, out: Outgoing[]): void {
    if (reason !== 'idle' && reason !== 'lost') pipe.session.close(reason, nowMs, out)
    this.#forget(pipe, reason, nowMs)
  }

  #forget(pipe: ServerPipe, reason: EndReason, nowMs: number): void {
    if (!this.#pipes.delete(idKey(pipe.session.ours))) return
    pipe.closed()
    this.#deadlines.delete(pipe)
    this.#touched.delete(pipe)
    const left = (this.#prefixes.get(pipe.prefix) ?? 1) - 1
    if (left > 0) this.#prefixes.set(pipe.prefix, left)
    else this.#prefixes.delete(pipe.prefix)
    this.counts.closed[reason] = (this.counts.closed[reason] ?? 0) + 1
    this.#options.onClosed(pipe, reason, nowMs)
  }

  #isFullFor(prefix: number | string): boolean {
    const { pipesMax = PIPES_MAX, pipesPerPrefixMax = PIPES_PER_PREFIX_MAX } = this.#options
    return this.#pipes.size >= pipesMax || (this.#prefixes.get(prefix) ?? 0) >= pipesPerPrefixMax
  }

  #fault(fault: string): void {
    this.counts.faults[fault] = (this.counts.faults[fault] ?? 0) + 1
  }
}
