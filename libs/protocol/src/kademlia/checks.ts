import type { NodeContact, UdpAddress } from '../krpc/compact.ts'
import { type AddressKey, addressKey, familyOf } from './address-key.ts'
import type { Wire } from './wire.ts'

/** Pings that may be under way to see whether somebody new is there. */
const CHECKS_MAX = 16
/** Addresses that did not answer such a ping; the first of them makes room. */
const SILENT_MAX = 1024
/** How long those are left alone, milliseconds. */
const SILENT_MS = 10 * 60_000

/**
 * Check before add: whoever asks us, or is named to us, comes into the table only when it has answered a ping, since ids and
 * source addresses can be made up (2002 paper, §2.2, admits any sender; Mainline's attackers taught otherwise).
 */
export class Checks {
  readonly #wire: Wire
  readonly #open = new Set<AddressKey>() // BOUNDED by CHECKS_MAX
  readonly #silent = new Map<AddressKey, number>() // BOUNDED by SILENT_MAX

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** Whether a ping to this node would be of use now. */
  useful({ id, address }: NodeContact, nowMs: number): boolean {
    if (this.#open.size >= CHECKS_MAX || !this.#wire.table(familyOf(address))?.wants(id, address)) return false
    const key = addressKey(address)
    const silentMs = this.#silent.get(key)
    return !this.#open.has(key) && (silentMs === undefined || silentMs < nowMs - SILENT_MS)
  }

  ping(address: UdpAddress, nowMs: number): boolean {
    const key = addressKey(address)
    const close = () => void this.#open.delete(key)
    this.#open.add(key)
    const lost = (atMs: number) => {
      close()
      this.#silent.delete(key)
      if (this.#silent.size >= SILENT_MAX) this.#silent.delete(this.#silent.keys().next().value as AddressKey)
      this.#silent.set(key, atMs)
    }
    const sent = this.#wire.ask(address, 'ping', {}, { replied: close, refused: close, lost }, nowMs)
    if (!sent) close()
    return sent
  }
}
