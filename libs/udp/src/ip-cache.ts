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
  #recent = new Generation()
  #older = new Generation()

  /** The same text gives the same array while it is remembered. */
  bytesOf(text: string): Uint8Array {
    return this.#recent.bytes.get(text) ?? this.#remember(text)
  }

  /** The text that the bytes were parsed from, with its zone: a reply to fe80::1%eth0 needs it. */
  textOf(ip: Uint8Array): string {
    return this.#recent.texts.get(ip) ?? this.#older.texts.get(ip) ?? formatIp(ip)
  }

  #remember(text: string): Uint8Array {
    const ip = this.#older.bytes.get(text) ?? parseIp(text) ?? NOWHERE
    if (this.#recent.bytes.size >= GENERATION_MAX) {
      this.#older = this.#recent
      this.#recent = new Generation()
    }
    this.#recent.bytes.set(text, ip)
    this.#recent.texts.set(ip, text)
    return ip
  }
}

/** Both ways. Not a WeakMap: the collector of garbage goes through those each time. */
class Generation {
  readonly bytes = new Map<string, Uint8Array>() // BOUNDED by GENERATION_MAX
  readonly texts = new Map<Uint8Array, string>() // BOUNDED by GENERATION_MAX
}
