import type { Bencoded } from './bencode.ts'

type Member = Readonly<{ value: Bencoded; start: number; end: number }>

/** A bencoded dictionary as it was received: members by key, each with the very bytes that encoded it. */
export class Dict {
  readonly #source: Uint8Array
  readonly #members = new Map<string, Member>() // a Map: no key of a stranger's can reach a prototype
  /** Its keys, and those of all dicts in it, came in order. */
  canonical = true

  constructor(source: Uint8Array) {
    this.#source = source
  }

  /** @returns false if the key is there already */
  add(key: string, value: Bencoded, start: number, end: number): boolean {
    if (this.#members.has(key)) return false
    this.#members.set(key, { value, start, end })
    return true
  }

  get size(): number {
    return this.#members.size
  }

  /** Keys are byte strings; here each byte is one character (latin1). */
  keys(): Iterable<string> {
    return this.#members.keys()
  }

  get(key: string): Bencoded | undefined {
    return this.#members.get(key)?.value
  }

  /** The received bytes of a member's value: what BEP 44 hashes and verifies. */
  raw(key: string): Uint8Array | undefined {
    const member = this.#members.get(key)
    return member && this.#source.subarray(member.start, member.end)
  }

  bytes(key: string): Uint8Array | undefined {
    const value = this.get(key)
    return value instanceof Uint8Array ? value : undefined
  }

  int(key: string): bigint | undefined {
    const value = this.get(key)
    return typeof value === 'bigint' ? value : undefined
  }

  dict(key: string): Dict | undefined {
    const value = this.get(key)
    return value instanceof Dict ? value : undefined
  }

  list(key: string): readonly Bencoded[] | undefined {
    const value = this.get(key)
    return Array.isArray(value) ? (value as readonly Bencoded[]) : undefined
  }
}
