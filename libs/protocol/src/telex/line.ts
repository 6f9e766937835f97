import type { UdpAddress } from '../krpc/compact.ts'
import type { Outgoing } from '../machine.ts'
import { encodeTelex, type Headers } from './encode-telex.ts'
import { formatSwitch, switchId } from './switch-address.ts'
import type { Rule } from './tap.ts'

/** Sent and not confirmed by `_br`, bytes: 2011's "MAX SEND DROP". Holds for peers that report `_br`; the programs of p2pmsg never do. */
const UNCONFIRMED_BYTES_MAX = 10_000
/** Heard since we last said `_br`, bytes: say it now, for at 10,000 a full switch stops sending. */
const UNTOLD_BYTES_MAX = 8_000

export type OpenLine = Readonly<{
  address: UdpAddress
  /** The product of both rings. */
  number: number
  /** 1 for programs that have none. */
  peerRing: number
  heardBytes: number
  sentBytes: number
  nowMs: number
}>

/** A peer whose address is proved: it knows the product of our ring and its own. */
export class Line {
  readonly address: UdpAddress
  readonly to: string
  readonly id: Uint8Array
  readonly number: number
  readonly peerRing: number
  readonly openedMs: number
  /** Told us that it is a switch that others may ask. */
  visible = false
  /** Was told that we are one. */
  introduced = false
  rules: readonly Rule[] = []
  seenMs: number
  sentMs: number
  #heardBytes: number
  #toldBytes = 0
  #sentBytes: number
  #confirmedBytes: number | undefined

  constructor({ address, number, peerRing, heardBytes, sentBytes, nowMs }: OpenLine) {
    this.address = address
    this.to = formatSwitch(address)
    this.id = switchId(this.to)
    this.number = number
    this.peerRing = peerRing
    this.openedMs = nowMs
    this.seenMs = nowMs
    this.sentMs = nowMs
    this.#heardBytes = heardBytes
    this.#sentBytes = sentBytes
  }

  /** @param br the peer's count of what it heard from us, if it says one */
  heard(bytes: number, br: number | undefined, nowMs: number): void {
    this.seenMs = nowMs
    this.#heardBytes += bytes
    if (br !== undefined && br >= 0) this.#confirmedBytes = Math.min(br, this.#sentBytes)
  }

  get needsBr(): boolean {
    return this.#heardBytes - this.#toldBytes > UNTOLD_BYTES_MAX
  }

  /** The peer reports `_br`, and so much is on its way that it would drop more. */
  get congested(): boolean {
    return this.#confirmedBytes !== undefined && this.#sentBytes - this.#confirmedBytes > UNCONFIRMED_BYTES_MAX
  }

  /** A telex on this line, counted as sent. @param signals as {@link encodeTelex} takes them */
  write(headers: Omit<Headers, 'line' | 'ring' | 'br' | 'to'>, signals: string, nowMs: number): Outgoing {
    const bytes = encodeTelex({ ...headers, line: this.number, br: this.#heardBytes, to: this.to }, signals)
    this.#toldBytes = this.#heardBytes
    this.#sentBytes += bytes.length
    this.sentMs = nowMs
    return { to: this.address, bytes }
  }
}

/** A full switch that has not shown yet that it hears us. */
export type HalfOpen = {
  /** Ours for it. */
  readonly ring: number
  /** Its own, if it sent one. */
  readonly peerRing: number | undefined
  readonly sinceMs: number
  heardBytes: number
  sentBytes: number
}
