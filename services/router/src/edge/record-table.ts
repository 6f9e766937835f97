/** What was remembered under a digest. */
export type Remembered = Readonly<{
  /** Unix milliseconds. */
  untilMs: number
  /** 0–255. */
  kind: number
  /** A copy. */
  bytes: Uint8Array
}>

const DIGEST_BYTES = 32
/**
 * A record in the bytes of a generation, big-endian:
 *   digest  32 bytes
 *   until   f64
 *   kind    u8
 *   length  u16, then the bytes
 */
const UNTIL_AT = DIGEST_BYTES
const KIND_AT = UNTIL_AT + 8
const LENGTH_AT = KIND_AT + 1
const HEADER_BYTES = LENGTH_AT + 2
/** Longest bytes of one record. */
const RECORD_BYTES_MAX = 65_535

/**
 * A bounded map from digests to small records, in two pieces of memory of fixed size: when the younger is full, the older is
 * forgotten and used again. Nothing in it is an object, so that the garbage collector has nothing to do with it.
 */
export class RecordTable {
  readonly #recordsMax: number
  readonly #bytesMax: number
  // Made when they are needed: a router that takes nothing needs no room for what it took.
  #young: Generation | undefined
  #old: Generation | undefined

  /** @param recordsMax and @param bytesMax of one generation */
  constructor(recordsMax: number, bytesMax: number) {
    this.#recordsMax = recordsMax
    this.#bytesMax = bytesMax
  }

  /** @param digest 32 bytes, one character each: evenly spread, as a hash is */
  find(digest: string): Remembered | undefined {
    return this.#young?.find(digest) ?? this.#old?.find(digest)
  }

  /** Remembers parts that are put together; the same digest again hides what was there. Longer ones than fit are not kept. */
  add(digest: string, untilMs: number, kind: number, ...parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length > RECORD_BYTES_MAX) return
    let young = this.#young
    if (!young?.hasRoom(length)) {
      const next = this.#old ?? new Generation(this.#recordsMax, this.#bytesMax)
      next.clear()
      this.#old = young
      young = this.#young = next
    }
    young.add(digest, untilMs, kind, parts, length)
  }
}

class Generation {
  /** Open addressing: where a record starts, plus one; 0 = free. Twice as many slots as records. */
  readonly #slots: Int32Array
  readonly #recordsMax: number
  readonly #bytes: Buffer
  #records = 0
  #end = 0

  constructor(recordsMax: number, bytesMax: number) {
    this.#recordsMax = recordsMax
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(recordsMax * 2)))
    this.#bytes = Buffer.allocUnsafeSlow(bytesMax) // the kernel gives pages as they are written
  }

  hasRoom(length: number): boolean {
    return this.#records < this.#recordsMax && this.#end + HEADER_BYTES + length <= this.#bytes.length
  }

  clear(): void {
    this.#slots.fill(0)
    this.#records = 0
    this.#end = 0
  }

  find(digest: string): Remembered | undefined {
    const at = (this.#slots[this.#slotOf(digest)] as number) - 1
    if (at < 0) return undefined
    const start = at + HEADER_BYTES
    const bytes = Uint8Array.from(this.#bytes.subarray(start, start + this.#bytes.readUInt16BE(at + LENGTH_AT)))
    return { untilMs: this.#bytes.readDoubleBE(at + UNTIL_AT), kind: this.#bytes[at + KIND_AT] as number, bytes }
  }

  add(digest: string, untilMs: number, kind: number, parts: readonly Uint8Array[], length: number): void {
    const at = this.#end
    this.#slots[this.#slotOf(digest)] = at + 1
    this.#bytes.write(digest, at, 'latin1')
    this.#bytes.writeDoubleBE(untilMs, at + UNTIL_AT)
    this.#bytes[at + KIND_AT] = kind
    this.#bytes.writeUInt16BE(length, at + LENGTH_AT)
    this.#end = at + HEADER_BYTES
    for (const part of parts) {
      this.#bytes.set(part, this.#end)
      this.#end += part.length
    }
    this.#records++
  }

  /** The slot that has the digest, or the free one where it belongs. */
  #slotOf(digest: string): number {
    const mask = this.#slots.length - 1
    let slot = 0
    for (let i = 0; i < 4; i++) slot = (slot << 8) | digest.charCodeAt(i)
    for (slot &= mask; ; slot = (slot + 1) & mask) {
      const at = (this.#slots[slot] as number) - 1
      if (at < 0 || this.#isAt(digest, at)) return slot
    }
  }

  #isAt(digest: string, at: number): boolean {
    for (let i = 0; i < DIGEST_BYTES; i++) if (this.#bytes[at + i] !== digest.charCodeAt(i)) return false
    return true
  }
}
