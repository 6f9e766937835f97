import type { UdpAddress } from '../krpc/compact.ts'
import { type AddressKey, addressKey } from './address-key.ts'

/** How long an address counts as proved after a valid token, a pong or a completed pipe, milliseconds. */
export const PROVED_MS = 10 * 60_000
/** Addresses remembered; who was proved longest ago makes room. */
const PROOFS_MAX = 65_536

/** Who has proved an address: {@link Proofs}, or whoever knows of more ways to do so. */
export type AddressProofs = Pick<Proofs, 'prove' | 'isProved' | 'size'>

/** Addresses that have shown that what we send them arrives there. To all others we send no more than three times what came. */
export class Proofs {
  readonly #untilMs = new Map<AddressKey, number>() // BOUNDED by PROOFS_MAX

  prove(address: UdpAddress, nowMs: number): void {
    const key = addressKey(address)
    this.#untilMs.delete(key) // to the end: who stands first was proved longest ago
    if (this.#untilMs.size >= PROOFS_MAX) this.#untilMs.delete(this.#untilMs.keys().next().value as AddressKey)
    this.#untilMs.set(key, nowMs + PROVED_MS)
  }

  isProved(address: UdpAddress, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(addressKey(address))
    return untilMs !== undefined && untilMs > nowMs
  }

  get size(): number {
    return this.#untilMs.size
  }
}
