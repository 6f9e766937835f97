const FIRST_BYTES = 512
const U32 = 2 ** 32 // what the upper half of a u64 counts

/** The opposite of {@link Reader}: grows as needed; numbers are big-endian and must fit (a defect otherwise). */
export class Writer {
  #bytes: Buffer
  #at = 0

  constructor(sizeHint = FIRST_BYTES) {
    this.#bytes = Buffer.allocUnsafe(sizeHint)
  }

  #room(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, at + length))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
    }
    this.#at = at + length
    return at
  }

  u8(value: number): this {
    const at = this.#room(1)
    this.#bytes.writeUInt8(value, at)
    return this
  }

  u16(value: number): this {
    const at = this.#room(2)
    this.#bytes.writeUInt16BE(value, at)
    return this
  }

  u32(value: number): this {
    const at = this.#room(4)
    this.#bytes.writeUInt32BE(value, at)
    return this
  }

  u64(value: bigint | number): this {
    const at = this.#room(8)
    if (typeof value === 'bigint') {
      this.#bytes.writeBigUInt64BE(value, at)
    } else {
      if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not exact`)
      this.#bytes.writeUInt32BE(Math.floor(value / U32), at)
      this.#bytes.writeUInt32BE(value >>> 0, at + 4)
    }
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
    return this
  }

  blob(value: Uint8Array): this {
    return this.u32(value.length).bytes(value)
  }

  text(value: string): this {
    return this.blob(Buffer.from(value, 'utf8'))
  }

  list<T>(items: readonly T[], item: (writer: Writer, value: T) => unknown): this {
    this.u16(items.length)
    for (const value of items) item(this, value)
    return this
  }

  optional<T>(value: T | undefined, item: (writer: Writer, value: T) => unknown): this {
    this.u8(value === undefined ? 0 : 1)
    if (value !== undefined) item(this, value)
    return this
  }

  /** What was written, as a view; the writer must not be used again. */
  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }
}
