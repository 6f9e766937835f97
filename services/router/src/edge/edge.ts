import {
  DATAGRAM_IN_BYTES_MAX,
  type Machine,
  type Outgoing,
  type RefusalCode,
  type UdpAddress,
  type Verdicts,
} from '@p2pmsg/protocol'
import { datagram, publishFailed } from '../events.ts'
import { dialectOf } from './dialect.ts'
import type { PackInFlight } from './pack-in-flight.ts'
import type { Packer } from './packer.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** One dialect's way in: takes a datagram and says what to send. */
export interface Door {
  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number, out: Outgoing[]): void
}

const NOTHING: readonly Outgoing[] = []

/**
 * The UDP edge without I/O: the first byte decides which door a datagram takes; packs, acknowledgements and verdicts come and
 * go through its owner. The pipe has no door yet.
 */
export class Edge implements Machine {
  readonly #krpc: Door
  readonly #node: Machine
  readonly #packer: Packer
  readonly #room: WaitingRoom
  #telex: Machine | undefined
  #taking = true

  /** @param node whom the KRPC door asks; its timers run here */
  constructor(krpc: Door, node: Machine, packer: Packer, room: WaitingRoom) {
    this.#krpc = krpc
    this.#node = node
    this.#packer = packer
    this.#room = room
  }

  /** Telexes go to this door from now on. Its own address must be known first, and that can need the socket. */
  speakTelex(door: Machine): void {
    this.#telex = door
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    if (!this.#taking) return dropped('draining')
    if (bytes.length === 0) return dropped('empty')
    if (bytes.length > DATAGRAM_IN_BYTES_MAX) return dropped('too-long')
    switch (dialectOf(bytes)) {
      case 'krpc': {
        const out: Outgoing[] = []
        this.#krpc.receive(bytes, from, nowMs, out)
        return out
      }
      case 'telex':
        return this.#telex ? this.#telex.receive(bytes, from, nowMs) : dropped('unsupported-dialect')
      case 'pipe':
        return dropped('unsupported-dialect')
      case 'unknown':
        return dropped('unknown-dialect')
    }
  }

  get deadline(): number | undefined {
    const messages = earliest(this.#packer.deadline, this.#room.deadline)
    return earliest(messages, earliest(this.#node.deadline, this.#telex?.deadline))
  }

  tick(nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    this.#packer.tick(nowMs)
    this.#room.tick(nowMs, out)
    out.push(...this.#node.tick(nowMs))
    if (this.#telex) out.push(...this.#telex.tick(nowMs))
    return out
  }

  /** EDGE has stored a pack. */
  acknowledged(pack: PackInFlight, nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    this.#room.acknowledged(pack, nowMs, out)
    this.#packer.settled(nowMs)
    return out
  }

  /** EDGE has not stored a pack, or did not say so. @param code what the senders are told */
  failed(pack: PackInFlight, code: RefusalCode, nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    publishFailed(pack.undecided, code)
    this.#room.failed(pack, code, nowMs, out)
    this.#packer.settled(nowMs)
    return out
  }

  verdicts(verdicts: Verdicts, nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    this.#room.apply(verdicts, nowMs, out)
    return out
  }

  /** No new messages from now on; what is in hand goes out at once. */
  stopTaking(): void {
    this.#taking = false
    this.#packer.flush()
  }

  get isTaking(): boolean {
    return this.#taking
  }

  /** Every pack has its acknowledgement, and every message its verdict. */
  get isIdle(): boolean {
    return this.#packer.isEmpty && this.#packer.inFlight === 0 && this.#room.size === 0
  }
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b)
}

function dropped(result: Parameters<typeof datagram>[0]): readonly Outgoing[] {
  datagram(result)
  return NOTHING
}
