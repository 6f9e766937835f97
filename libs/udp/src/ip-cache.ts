import { formatIp, parseIp } from '@p2pmsg/protocol'

/** Addresses in each of the two generations. */
const GENERATION_MAX = 4096
/** What the operating system never prints; stands for a text that is no address. */
const NOWHERE = new Uint8Array(16)

/**
 * Text and bytes of recent addresses: the socket speaks text, everything else 16 bytes, and parsing on each datagram would cost
 * as much as the datagram. Bounded: when a generation is full the one before it is forgotten, so a flood of forged sources
 * costs parsing and no memory.
 */
export class IpCache {
  #recent = new Map<string, Uint8Array>()
  #older = new Map<string, Uint8Array>()
  /** The text that a byte array was parsed from, with its zone: a reply to fe80::1%eth0 needs it. Goes when the bytes go. */
  readonly #texts = new WeakMap<Uint8Array, string>()

  /** The same text gives the same array while it is remembered. */
  bytesOf(text: string): Uint8Array {
    return this.#recent.get(text) ?? this.#remember(text)
  }

  textOf(ip: Uint8Array): string {
    return this.#texts.get(ip) ?? formatIp(ip)
  }

  #remember(text: string): Uint8Array {
    const ip = this.#older.get(text) ?? parseIp(text) ?? NOWHERE
    if (this.#recent.size >= GENERATION_MAX) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(text, ip)
    this.#texts.set(ip, text)
    return ip
  }
}
