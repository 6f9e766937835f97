import type { AddressKey } from './address-key.ts'

/** How much each network holds in a store, so that none can fill it. Bounded by what the store holds. */
export class PrefixCounts {
  readonly #counts = new Map<AddressKey, number>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  full(prefix: AddressKey): boolean {
    return (this.#counts.get(prefix) ?? 0) >= this.#max
  }

  add(prefix: AddressKey): void {
    this.#counts.set(prefix, (this.#counts.get(prefix) ?? 0) + 1)
  }

  remove(prefix: AddressKey): void {
    const count = (this.#counts.get(prefix) ?? 0) - 1
    if (count > 0) this.#counts.set(prefix, count)
    else this.#counts.delete(prefix)
  }
}
