import { toText } from './bytes.ts'

const U32 = 2 ** 32 // what the upper half of a u64 counts

/**
 * A cursor over a record of our own bus formats. It cannot run off the end: the first read that would makes `failed` true and
 * every later read gives zeros, so a parser reads straight on and asks once, at the end, whether all was there.
 * All numbers are big-endian.
 */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get failed(): boolean {
    return this.#failed
  }

  /** Everything was there and nothing is left over. */
  get complete(): boolean {
    return !this.#failed && this.#at === this.#bytes.length
  }

  /** For a value that is there but means nothing. */
  fail(): void {
    this.#failed = true
  }

  #take(length: number): number {
    const at = this.#at
    if (this.#failed || at + length > this.#bytes.length) {
      this.#failed = true
      return -1
    }
    this.#at = at + length
    return at
  }

  u8(): number {
    const at = this.#take(1)
    return at < 0 ? 0 : this.#view.getUint8(at)
  }

  u16(): number {
    const at = this.#take(2)
    return at < 0 ? 0 : this.#view.getUint16(at)
  }

  u32(): number {
    const at = this.#take(4)
    return at < 0 ? 0 : this.#view.getUint32(at)
  }

  u64(): bigint {
    const at = this.#take(8)
    return at < 0 ? 0n : this.#view.getBigUint64(at)
  }

  /** A u64 that a double holds exactly (times, counts, stream sequences); larger fails. */
  safe(): number {
    const at = this.#take(8)
    if (at < 0) return 0
    const value = this.#view.getUint32(at) * U32 + this.#view.getUint32(at + 4)
    if (Number.isSafeInteger(value)) return value
    this.#failed = true
    return 0
  }

  /** Exactly `length` bytes, as a view into the record. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return at < 0 ? new Uint8Array(length <= 1024 ? length : 0) : this.#bytes.subarray(at, at + length)
  }

  /** A byte string behind its u32 length, as a view into the record. */
  blob(): Uint8Array {
    const length = this.u32()
    const at = this.#take(length)
    return at < 0 ? new Uint8Array(0) : this.#bytes.subarray(at, at + length)
  }

  /** Text behind its u32 length; bytes that are no text (see {@link toText}) fail. */
  text(): string {
    const text = toText(this.blob())
    if (text === undefined) this.#failed = true
    return text ?? ''
  }

  /** A list behind its u16 length; more than `max` items fail before any is read. */
  list<T>(max: number, item: (reader: Reader) => T): T[] {
    const length = this.u16()
    if (length > max) this.#failed = true
    const items: T[] = []
    for (let i = 0; i < length && !this.#failed; i++) items.push(item(this))
    return items
  }

  /** A value behind a byte that says whether it is there. */
  optional<T>(item: (reader: Reader) => T): T | undefined {
    const there = this.u8()
    if (there > 1) this.#failed = true
    return there === 1 ? item(this) : undefined
  }
}
