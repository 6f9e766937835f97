import { hash } from 'node:crypto'
import type { Dialect, Outgoing } from '@p2pmsg/protocol'
import { joined, packed, refusedHere, repeated } from '../events.ts'
import type { Hosted } from '../receivers.ts'
import { type Refused, refused, type Waiter } from './outcome.ts'
import type { Packer } from './packer.ts'
import { Pending } from './pending.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** A message whose shape is right, as far as the edge looks into it. */
export type Submission = Readonly<{
  /** The receiver's key, 32 bytes. */
  receiver: Uint8Array
  /** Of the bencoded `v`. */
  valueBytes: number
  /** Makes the message's canonical bencoding. */
  payload: () => Uint8Array
}>

/** What has passed admission comes here, by whatever door: duplicate → budget → pack. Nothing in it costs a signature check. */
export class Intake {
  readonly #receiver: (key: Uint8Array) => Hosted | undefined
  readonly #packer: Packer
  readonly #room: WaitingRoom

  constructor(receiver: (key: Uint8Array) => Hosted | undefined, packer: Packer, room: WaitingRoom) {
    this.#receiver = receiver
    this.#packer = packer
    this.#room = room
  }

  /**
   * Takes a message in. Whatever becomes of it, the waiter is told: at once when that is known already.
   * @param valueBytesMax what its door allows for `v`
   */
  submit(message: Submission, dialect: Dialect, valueBytesMax: number, waiter: Waiter, nowMs: number, out: Outgoing[]) {
    const no = this.#submit(message, dialect, valueBytesMax, waiter, nowMs, out)
    if (!no) return
    refusedHere(no.code)
    tell(waiter, no, nowMs, out)
  }

  #submit(
    message: Submission,
    dialect: Dialect,
    valueBytesMax: number,
    waiter: Waiter,
    nowMs: number,
    out: Outgoing[],
  ): Refused | undefined {
    if (message.valueBytes > valueBytesMax) return refused('too-large')
    const hosted = this.#receiver(message.receiver)
    if (!hosted) return refused('unknown-receiver')
    const payload = message.payload()
    const digest = hash('sha256', payload, 'binary')
    if (this.#isRepeat(digest, waiter, nowMs, out)) return undefined
    if (!hosted.budget.take(nowMs)) return refused('rate-limited', hosted.budget.waitMs(nowMs))
    if (this.#room.isFull && !this.#room.makeRoom()) return refused('busy')
    const envelope = { receivedMs: nowMs, dialect, payload }
    const pending = new Pending(digest, undefined, payload, waiter)
    const pack = this.#packer.add(envelope, pending, nowMs)
    if (!pack) return refused('busy')
    this.#room.wait(pending, pack)
    packed()
    return undefined
  }

  /**
   * Takes in a message of 2011: its sender waits for no verdict, and its door has told repeats from new ones.
   * @param payload a {@link LegacyMessage} @param id of it, which no other message has
   */
  submitLegacy(receiver: Uint8Array, payload: Uint8Array, id: Uint8Array, nowMs: number): void {
    const digest = Buffer.from(id).toString('latin1')
    if (this.#room.pending(digest)) return repeated()
    const hosted = this.#receiver(receiver)
    if (!hosted) return refusedHere('unknown-receiver')
    if (!hosted.budget.take(nowMs)) return refusedHere('rate-limited')
    if (this.#room.isFull && !this.#room.makeRoom()) return refusedHere('busy')
    const envelope = { receivedMs: nowMs, dialect: 'telex', payload } as const
    const pending = new Pending(digest, id, payload, NOBODY)
    const pack = this.#packer.add(envelope, pending, nowMs)
    if (!pack) return refusedHere('busy')
    this.#room.wait(pending, pack)
    packed()
  }

  #isRepeat(digest: string, waiter: Waiter, nowMs: number, out: Outgoing[]): boolean {
    const decided = this.#room.decided(digest, nowMs)
    if (decided) {
      repeated()
      tell(waiter, decided, nowMs, out)
      return true
    }
    const pending = this.#room.pending(digest)
    if (!pending) return false
    const joins = pending.join(waiter)
    joined(joins)
    if (!joins) tell(waiter, refused('busy'), nowMs, out)
    else if (pending.pack?.isLogged) tell(waiter, { stage: 'logged', id: pending.id }, nowMs, out)
    return true
  }
}

const NOBODY: Waiter = { tell: () => undefined, isSame: () => false }

function tell(waiter: Waiter, outcome: Parameters<Waiter['tell']>[0], nowMs: number, out: Outgoing[]): void {
  const datagram = waiter.tell(outcome, nowMs)
  if (datagram) out.push(datagram)
}
