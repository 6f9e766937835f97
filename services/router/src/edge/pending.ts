import assert from 'node:assert/strict'
import { Dict, decodePrefix, messageId, messageOf, type Outgoing } from '@p2pmsg/protocol'
import type { Outcome, Waiter } from './outcome.ts'

/** Who may wait for one message; further ones are told to come back. */
const WAITERS_MAX = 4
/** A message of a datagram is kept until its sender was told something; of a longer one only the id, bytes. */
const KEPT_BYTES_MAX = 1472

/** A message between reception and verdict. */
export class Pending {
  /** Of the whole message: {@link Decided} has it under the same. */
  readonly digest: string
  /** The pack that carries it, once one does. */
  pack: Readonly<{ isLogged: boolean }> | undefined
  readonly #waiters: Waiter[] // BOUNDED by WAITERS_MAX
  #payload: Uint8Array | undefined
  #id: Uint8Array | undefined

  /** @param id undefined = that of the message in `payload`, whose shape was checked */
  constructor(digest: string, id: Uint8Array | undefined, payload: Uint8Array, waiter: Waiter) {
    this.digest = digest
    this.#waiters = [waiter]
    if (id) this.#id = id
    else if (payload.length <= KEPT_BYTES_MAX) this.#payload = payload
    else this.#id = idOf(payload)
  }

  /** @returns false when enough wait already */
  join(waiter: Waiter): boolean {
    const at = this.#waiters.findIndex((known) => known.isSame(waiter))
    if (at >= 0) this.#waiters[at] = waiter
    else if (this.#waiters.length < WAITERS_MAX) this.#waiters.push(waiter)
    else return false
    return true
  }

  /** The id costs a hash, and most messages are told apart by their verdict before anybody needs it. */
  get id(): Uint8Array {
    if (this.#payload) this.#id = idOf(this.#payload)
    this.#payload = undefined
    return this.#id as Uint8Array
  }

  tell(outcome: Outcome, nowMs: number, out: Outgoing[]): void {
    for (const waiter of this.#waiters) {
      const datagram = waiter.tell(outcome, nowMs)
      if (datagram) out.push(datagram)
    }
  }
}

function idOf(payload: Uint8Array): Uint8Array {
  const decoded = decodePrefix(payload)
  const message = decoded.ok && decoded.value.value instanceof Dict ? messageOf(decoded.value.value) : undefined
  assert(message?.ok, 'a message whose shape was checked')
  return messageId(message.value)
}
