import { ID_BYTES } from './id.ts'

/** Bits of an id. */
export const ID_BITS = ID_BYTES * 8

/** How many leading bits two ids share, 0–160: the index of the k-bucket for `b` in the table of `a` (2002 paper, §2.2). */
export function sharedPrefixBits(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const difference = (a[i] as number) ^ (b[i] as number)
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24
  }
  return ID_BITS
}

/**
 * A target to refresh a bucket with (2002 paper, §2.3: "picking a random ID in the bucket's range").
 * @param bits leading bits shared with `own`; the next bit differs unless `own` is in the range too
 * @param random 20 random bytes
 */
export function idInRange(own: Uint8Array, bits: number, withOwn: boolean, random: Uint8Array): Uint8Array {
  const id = Uint8Array.from(random.subarray(0, ID_BYTES))
  for (let i = 0; i < ID_BYTES; i++) {
    const kept = Math.min(Math.max(bits - i * 8, 0), 8)
    const mask = (0xff00 >> kept) & 255
    id[i] = ((own[i] as number) & mask) | ((id[i] as number) & ~mask & 255)
  }
  if (withOwn || bits >= ID_BITS) return id
  const [at, bit] = [bits >> 3, 0x80 >> (bits & 7)]
  id[at] = ((id[at] as number) & ~bit) | (~(own[at] as number) & bit)
  return id
}
