import {
  type Machine,
  type Outgoing,
  PipeServer,
  parseMessage,
  pipeKeysOf,
  receiverOf,
  type ServerPipe,
  type UdpAddress,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'
import type { Admission } from '../edge/admission.ts'
import type { Intake } from '../edge/intake.ts'
import { refused } from '../edge/outcome.ts'
import { datagram, pipeClosed, refusedHere } from '../events.ts'
import { PipeWaiter } from './pipe-waiter.ts'
import type { Taps } from './taps.ts'

export type PipeParts = Readonly<{
  clusterSecrets: readonly Uint8Array[]
  /** Unpredictable bytes. */
  random: (bytes: number) => Uint8Array
  admission: Admission
  intake: Intake
  taps: Pick<Taps, 'open' | 'close' | 'room' | 'closed' | 'stop'>
}>

const NOTHING: readonly Outgoing[] = []

/** Datagrams of the pipe: rate, then the machine that has all pipes; messages go to the intake, whose answers come back, taps to the feeds. */
export class PipeDoor implements Machine {
  readonly #parts: PipeParts
  readonly #server: PipeServer
  #taking = true

  constructor(parts: PipeParts) {
    this.#parts = parts
    this.#server = new PipeServer({
      keys: parts.clusterSecrets.map(pipeKeysOf),
      secrets: parts.clusterSecrets,
      random: parts.random,
      onMessage: (pipe, send, message, nowMs) => this.#message(pipe, send, message, nowMs),
      onTap: (pipe, tap) => parts.taps.open(pipe, tap),
      onUntap: (pipe, tap) => parts.taps.close(pipe, tap),
      onRoom: (pipe, tap) => parts.taps.room(pipe, tap),
      onClosed: (pipe, reason) => {
        parts.taps.closed(pipe)
        pipeClosed(reason)
      },
      onProved: (address, nowMs) => void parts.admission.prove(address.ip, nowMs),
    })
  }

  /** Open pipes, and handshakes under way. */
  get size(): PipeServer['size'] {
    return this.#server.size
  }

  /** What its pipes count. */
  get counts(): PipeServer['counts'] {
    return this.#server.counts
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    const { admission } = this.#parts
    const known = admission.proved(from.ip, nowMs)
    if (!known && !admission.takeUnproved(from.ip, nowMs)) {
      datagram('rate-limited')
      return NOTHING
    }
    datagram('taken')
    // Whatever leaves for an address that has proved nothing is shorter than what came, or within a pipe's own three times.
    return this.#server.receive(bytes, from, nowMs)
  }

  get deadline(): number | undefined {
    return this.#server.deadline
  }

  tick(nowMs: number): readonly Outgoing[] {
    return this.#server.tick(nowMs)
  }

  /** What pipes were told by others than the door. */
  flush(nowMs: number): readonly Outgoing[] {
    return this.#server.flush(nowMs)
  }

  /** Clients go elsewhere with what is new, and still get their answers here. */
  stopTaking(): void {
    this.#taking = false
    this.#server.stopTaking()
    this.#parts.taps.stop()
  }

  close(nowMs: number): readonly Outgoing[] {
    return this.#server.close(nowMs)
  }

  #message(pipe: ServerPipe, send: number, bytes: Uint8Array, nowMs: number): void {
    const { admission, intake } = this.#parts
    const waiter = new PipeWaiter(pipe, send)
    const peer = admission.overTcp(pipe.address.ip, nowMs)
    if (!this.#taking) return this.#refuse(waiter, refused('unavailable'), nowMs)
    if (!peer.take(nowMs)) return this.#refuse(waiter, refused('rate-limited', peer.waitMs(nowMs)), nowMs)
    const message = parseMessage(bytes)
    if (!message.ok) return this.#refuse(waiter, refused('malformed'), nowMs)
    const submission = {
      receiver: receiverOf(message.value),
      valueBytes: message.value.value.length,
      payload: () => bytes, // canonical, or it would not have been read
    }
    intake.submit(submission, 'pipe', VALUE_UDP_BYTES_MAX, waiter, nowMs, [])
    if (pipe.session.isProved) admission.prove(pipe.address.ip, nowMs)
  }

  #refuse(waiter: PipeWaiter, outcome: ReturnType<typeof refused>, nowMs: number): void {
    refusedHere(outcome.code)
    waiter.tell(outcome, nowMs)
  }
}
