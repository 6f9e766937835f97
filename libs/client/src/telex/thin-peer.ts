import {
  encodeTelex,
  equalBytes,
  formatSwitch,
  type Machine,
  type Outgoing,
  parseTelex,
  type Telex,
  telexNumber,
  type UdpAddress,
} from '@p2pmsg/protocol'

/** Until there is an answer, milliseconds. */
const RETRY_MS = 1_000
/** What keeps a tap alive, and finds a router again that forgot it, milliseconds (`server.js`: 30 s). */
const PING_MS = 30_000

export type ThinPeerOptions = Readonly<{
  /** A switch. */
  to: UdpAddress
  /** Whom to ask for, 40 hex digits. */
  end: string
  /** Rules in JSON; undefined = only ask. */
  tap: string | undefined
  onTelex: (telex: Telex) => void
}>

/** A program as `server.js` of 2011 was: no ring of its own, it echoes the number that the switch gave it. */
export class ThinPeer implements Machine {
  readonly #options: ThinPeerOptions
  readonly #to: string
  #answered = false
  #dueMs = 0

  constructor(options: ThinPeerOptions) {
    this.#options = options
    this.#to = formatSwitch(options.to)
  }

  get deadline(): number {
    return this.#dueMs
  }

  receive(bytes: Uint8Array, from: UdpAddress): readonly Outgoing[] {
    const { to, tap, onTelex } = this.#options
    // In 2011 anybody could take a line over by sending a number; ours takes one from the switch alone.
    if (from.port !== to.port || !equalBytes(from.ip, to.ip)) return []
    const telex = parseTelex(bytes)
    if (!telex.ok) return []
    this.#answered = true
    onTelex(telex.value)
    const line = telexNumber(telex.value, '_line') ?? telexNumber(telex.value, '_ring')
    // Each telex is answered with the tap, as server.js does: that is what tells the switch that we are there.
    return tap === undefined || line === undefined || Number.isNaN(line) ? [] : [this.#say({ line, tap })]
  }

  tick(nowMs: number): readonly Outgoing[] {
    if (nowMs < this.#dueMs) return []
    const { tap, end } = this.#options
    this.#dueMs = nowMs + (this.#answered ? PING_MS : RETRY_MS)
    return [this.#answered && tap !== undefined ? this.#say({ tap }) : this.#say({}, `"+end":"${end}"`)]
  }

  #say(headers: { line?: number; tap?: string }, signals = ''): Outgoing {
    // The first telex names nobody: that is how a switch knows that it may give a ring above 32768.
    const to = headers.tap === undefined ? undefined : this.#to
    return { to: this.#options.to, bytes: encodeTelex({ ...headers, to }, signals) }
  }
}
