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

/** The door of those who are told what became of their messages by a machine of their own. */
export interface PipesDoor extends Machine {
  /** What they were told since the last call. */
  flush(nowMs: number): readonly Outgoing[]
  /** No new ones; those that are open are told to go. */
  stopTaking(): void
  /** Ends those that are open. */
  close(nowMs: number): readonly Outgoing[]
}

/** One dialect's way in: takes a datagram and says what to send. */
export interface Door {
  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number, out: Outgoing[]): void
}

/** `node`: whom the KRPC door asks; its timers run here */
export type Doors = Readonly<{ krpc: Door; pipes: PipesDoor; node: Machine }>

const NOTHING: readonly Outgoing[] = []

/**
 * The UDP edge without I/O: the first byte decides which door a datagram takes; packs, acknowledgements and verdicts come and
 * go through its owner.
 */
export class Edge implements Machine {
  readonly #krpc: Door
  readonly #pipes: PipesDoor
  readonly #node: Machine
  readonly #packer: Packer
  readonly #room: WaitingRoom
  #telex: Machine | undefined
  #taking = true

  constructor({ krpc, pipes, node }: Doors, packer: Packer, room: WaitingRoom) {
    this.#krpc = krpc
    this.#pipes = pipes
    this.#node = node
    this.#packer = packer
    this.#room = room
  }

  /** Telexes go to this door from now on. Its own address must be known first, and that can need the socket. */
  speakTelex(door: Machine): void {
    this.#telex = door
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    if (bytes.length === 0) return dropped('empty')
    if (bytes.length > DATAGRAM_IN_BYTES_MAX) return dropped('too-long')
    const dialect = dialectOf(bytes)
    if (dialect === 'pipe') return this.#pipes.receive(bytes, from, nowMs) // also in a drain: answers are acknowledged
    if (!this.#taking) return dropped('draining')
    switch (dialect) {
      case 'krpc': {
        const out: Outgoing[] = []
        this.#krpc.receive(bytes, from, nowMs, out)
        return out
      }
      case 'telex':
        return this.#telex ? this.#telex.receive(bytes, from, nowMs) : dropped('unsupported-dialect')
      case 'unknown':
        return dropped('unknown-dialect')
    }
  }

  get deadline(): number | undefined {
    const own = earliest(this.#packer.deadline, this.#room.deadline)
    const machines = earliest(this.#node.deadline, this.#telex?.deadline)
    return earliest(earliest(own, this.#pipes.deadline), machines)
  }

  tick(nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    this.#packer.tick(nowMs)
    this.#room.tick(nowMs, out)
    out.push(...this.#node.tick(nowMs))
    if (this.#telex) out.push(...this.#telex.tick(nowMs))
    out.push(...this.#pipes.tick(nowMs))
    return out
  }

  /** EDGE has stored a pack. */
  acknowledged(pack: PackInFlight, nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    this.#room.acknowledged(pack, nowMs, out)
    this.#packer.settled(nowMs)
    return this.#told(nowMs, out)
  }

  /** EDGE has not stored a pack, or did not say so. @param code what the senders are told */
  failed(pack: PackInFlight, code: RefusalCode, nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    publishFailed(pack.undecided, code)
    this.#room.failed(pack, code, nowMs, out)
    this.#packer.settled(nowMs)
    return this.#told(nowMs, out)
  }

  verdicts(verdicts: Verdicts, nowMs: number): readonly Outgoing[] {
    const out: Outgoing[] = []
    this.#room.apply(verdicts, nowMs, out)
    return this.#told(nowMs, out)
  }

  #told(nowMs: number, out: Outgoing[]): readonly Outgoing[] {
    out.push(...this.#pipes.flush(nowMs))
    return out
  }

  /** No new messages from now on; what is in hand goes out at once. */
  stopTaking(): void {
    this.#taking = false
    this.#pipes.stopTaking()
    this.#packer.flush()
  }

  /** The last words to those who would wait for more. */
  close(nowMs: number): readonly Outgoing[] {
    return this.#pipes.close(nowMs)
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
