/** How far behind the largest number seen another may come and still be told from a repeat: frames that reordering holds back. */
export const WINDOW_NUMBERS = 4096
const WORD_BITS = 32
const WORDS = WINDOW_NUMBERS / WORD_BITS

/** Which numbers have come (RFC 6479): a ring of bits that the largest number pushes on. What is too old counts as come. */
export class ReplayWindow {
  readonly #words = new Uint32Array(WORDS)
  #largest = -1

  get largest(): number {
    return this.#largest
  }

  isFresh(number: number): boolean {
    if (number > this.#largest) return true
    if (number <= this.#largest - WINDOW_NUMBERS + WORD_BITS) return false // the word being refilled holds newer numbers
    return ((this.#words[wordOf(number)] as number) & bitOf(number)) === 0
  }

  mark(number: number): void {
    const [from, to] = [Math.floor(this.#largest / WORD_BITS), Math.floor(number / WORD_BITS)]
    for (let word = Math.max(from + 1, to - WORDS + 1); word <= to; word++) this.#words[word % WORDS] = 0
    const at = wordOf(number)
    this.#words[at] = (this.#words[at] as number) | bitOf(number)
    if (number > this.#largest) this.#largest = number
  }
}

function wordOf(number: number): number {
  return Math.floor(number / WORD_BITS) % WORDS
}

function bitOf(number: number): number {
  return 1 << (number % WORD_BITS)
}
