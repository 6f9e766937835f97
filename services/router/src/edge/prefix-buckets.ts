import { isIpv4 } from '@p2pmsg/protocol'

/** Buckets in the table, a power of two. Twelve bytes each: 768 KiB, whoever sends. */
const SLOTS = 65_536
/** A prefix may send this many times its rate at once. */
const BURST_SECONDS = 5
/** /24 of IPv4 and /56 of IPv6: what one subscriber or one small network has. Bytes of the 16-byte form. */
const [V4_FROM, V4_TO, V6_TO] = [12, 15, 7] as const

/**
 * Token buckets for senders that have proved nothing, by network prefix, in a hashed table of fixed size. Prefixes that meet in a
 * slot share its bucket: with tags and eviction, a flood of forged prefixes would evict its way past every limit. The hash is
 * keyed, so that nobody can choose whom to share with.
 */
export class PrefixBuckets {
  readonly #held = new Float32Array(SLOTS)
  readonly #filledMs = new Float64Array(SLOTS)
  readonly #perMs: number
  readonly #burst: number
  readonly #seed: number

  /** @param seed 32 random bits */
  constructor(perSecond: number, seed: number) {
    this.#perMs = perSecond / 1000
    this.#burst = perSecond * BURST_SECONDS
    this.#seed = seed
  }

  /** @param ip 16 bytes, IPv4 mapped */
  take(ip: Uint8Array, nowMs: number): boolean {
    const slot = this.#slotOf(ip)
    const passed = nowMs - (this.#filledMs[slot] as number) // since 1970 for a slot never used: full
    const held = Math.min(this.#burst, (this.#held[slot] as number) + Math.max(0, passed) * this.#perMs)
    this.#filledMs[slot] = nowMs
    this.#held[slot] = held < 1 ? held : held - 1
    return held >= 1
  }

  #slotOf(ip: Uint8Array): number {
    const [from, to] = isIpv4(ip) ? [V4_FROM, V4_TO] : [0, V6_TO]
    let hash = this.#seed
    for (let i = from; i < to; i++) {
      hash = Math.imul(hash ^ (ip[i] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    // Murmur3's finalizer: every bit of the prefix reaches every bit of the slot.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) & (SLOTS - 1)
  }
}
