import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { Writer } from '../bytes/writer.ts'
import type { UdpAddress } from '../krpc/compact.ts'

/** A ring that a full switch takes is 1 to this. */
const RING_MAX = 32_768
/** The largest honest line between full switches. */
export const LINE_MAX = RING_MAX * RING_MAX

export function isRing(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= RING_MAX
}

/** @param random a source of random bytes */
export function fullRing(random: (bytes: number) => Uint8Array): number {
  return 1 + (uint32(random(4)) % RING_MAX)
}

const PRIMES = primesBetween(RING_MAX / 2, RING_MAX)

/**
 * A ring for a peer whose own ring we may never hear, because it answers with the line at once. A prime, so that no line has many
 * such factors: of all multiples that 2011's rule took, one line opened 44 of 400 switches.
 */
export function primeRing(random: (bytes: number) => Uint8Array): number {
  return PRIMES[uint32(random(4)) % PRIMES.length] as number
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0)
}

function primesBetween(low: number, high: number): number[] {
  const composite = new Uint8Array(high + 1)
  for (let i = 2; i * i <= high; i++) if (!composite[i]) for (let j = i * i; j <= high; j += i) composite[j] = 1
  return Array.from({ length: high - low }, (_, i) => low + i).filter((n) => !composite[n])
}

const KEY_BYTES = 32
/** A thin ring is good in the epoch it was made in and the next, milliseconds. */
const EPOCH_MS = 3_600_000
/** Thin rings are 2^52 … 2^53 − 1: exact in a double, always 16 digits, and never mistaken for a full switch's line. */
const THIN_BITS = 52n
const THIN_MIN = 2 ** 52

/**
 * Rings for programs that echo whatever number they get (`server.js`, the Ruby clients), so that they imply a ring of 1 of their
 * own. Made from the cluster's secret and the address: a first telex costs no memory, any replica and any later process takes
 * the line, and 52 bits cannot be guessed.
 */
export class ThinRings {
  readonly #keys: readonly Uint8Array[]

  /** @param secrets at least one; the first makes, all check */
  constructor(secrets: readonly Uint8Array[]) {
    this.#keys = secrets.map((secret) => new Uint8Array(hkdfSync('sha256', secret, '', 'telex-ring', KEY_BYTES)))
  }

  make(address: UdpAddress, nowMs: number): number {
    return thinRing(this.#keys[0] as Uint8Array, address, Math.floor(nowMs / EPOCH_MS))
  }

  check(ring: number, address: UdpAddress, nowMs: number): boolean {
    if (ring < THIN_MIN) return false
    const epoch = Math.floor(nowMs / EPOCH_MS)
    return this.#keys.some((key) => [epoch, epoch - 1].some((at) => equal(thinRing(key, address, at), ring)))
  }
}

function thinRing(key: Uint8Array, { ip, port }: UdpAddress, epoch: number): number {
  const bytes = new Writer(64).bytes(ip).u16(port).u64(epoch).done()
  const digest = createHmac('sha256', key).update(bytes).digest()
  return Number((1n << THIN_BITS) | (digest.readBigUInt64BE(0) >> (64n - THIN_BITS)))
}

function equal(a: number, b: number): boolean {
  return timingSafeEqual(Float64Array.of(a), Float64Array.of(b))
}
