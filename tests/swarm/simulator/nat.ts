import type { UdpAddress } from '@p2pmsg/protocol'
import { addressText } from './address.ts'

/** A mapping without outgoing traffic for this long is gone, milliseconds (RFC 4787 §4.3: two minutes at least; many have 30 s). */
const MAPPING_MS_DEFAULT = 30_000

type Mapping = {
  readonly outside: UdpAddress
  readonly inside: UdpAddress
  readonly allowed: Set<string>
  lastMs: number
}

/** A home router (RFC 4787): endpoint-independent mapping, address-and-port-dependent filtering, mappings that time out. */
export class Nat {
  readonly #ip: Uint8Array
  readonly #mappingMs: number
  readonly #byInside = new Map<string, Mapping>()
  readonly #byPort = new Map<number, Mapping>()
  #nextPort = 20_000

  /** @param ip the outside address, 16 bytes */
  constructor(ip: Uint8Array, mappingMs = MAPPING_MS_DEFAULT) {
    this.#ip = ip
    this.#mappingMs = mappingMs
  }

  /** What the world sees as the sender. */
  outward(inside: UdpAddress, to: UdpAddress, nowMs: number): UdpAddress {
    const key = addressText(inside)
    let mapping = this.#byInside.get(key)
    if (!mapping || mapping.lastMs < nowMs - this.#mappingMs) {
      if (mapping) this.#byPort.delete(mapping.outside.port)
      const outside = { ip: this.#ip, port: this.#nextPort++ }
      mapping = { outside, inside, allowed: new Set(), lastMs: nowMs }
      this.#byInside.set(key, mapping)
      this.#byPort.set(outside.port, mapping)
    }
    mapping.lastMs = nowMs
    mapping.allowed.add(addressText(to))
    return mapping.outside
  }

  /** Who inside gets it; undefined when it is dropped. */
  inward(from: UdpAddress, port: number, nowMs: number): UdpAddress | undefined {
    const mapping = this.#byPort.get(port)
    if (!mapping || mapping.lastMs < nowMs - this.#mappingMs) return undefined
    return mapping.allowed.has(addressText(from)) ? mapping.inside : undefined
  }

  /** Restarts: all mappings are lost, and the next ones have other ports. */
  rebind(): void {
    this.#byInside.clear()
    this.#byPort.clear()
  }
}
