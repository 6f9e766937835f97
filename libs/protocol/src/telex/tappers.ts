import type { Outgoing } from '../machine.ts'
import { Budget } from './budget.ts'
import { signalsText, TELEX_OUT_BYTES_MAX } from './encode-telex.ts'
import type { Line } from './line.ts'
import type { Lines } from './lines.ts'
import type { SwitchEvent, SwitchRates } from './switch-options.ts'
import { matches, type Rule } from './tap.ts'
import { hopOf, type Telex } from './telex.ts'

/** Peers whose rules each signal is held against. */
const TAPPERS_MAX = 512
/** The longest headers of a copy, bytes: a line of 16 digits, `_br`, an IPv6 address, a hop. */
const HEADERS_BYTES_MAX = 130

/** The peers that tap, and the copies they get. */
export class Tappers {
  readonly #lines: Lines
  readonly #copies: Budget
  readonly #linelessCopies: Budget
  readonly #count: (event: SwitchEvent, n: number) => void

  constructor(lines: Lines, rates: SwitchRates, count: (event: SwitchEvent, n: number) => void) {
    this.#lines = lines
    this.#copies = new Budget(rates.copies)
    this.#linelessCopies = new Budget(rates.linelessCopies)
    this.#count = count
  }

  get size(): number {
    return [...this.#all()].length
  }

  *#all(): Iterable<Line> {
    for (const line of this.#lines.values()) if (line.rules.length > 0) yield line
  }

  /** One tap per peer: the new one replaces the one before. */
  set(line: Line, rules: readonly Rule[]): void {
    if (rules.length > 0 && line.rules.length === 0 && this.size >= TAPPERS_MAX) this.#count('tappers-full', 1)
    else line.rules = rules
  }

  /** One copy for each tapper with a rule that matches, its sender included; signals alone, one hop further. */
  copies(telex: Telex, proved: boolean, nowMs: number): Outgoing[] {
    const signals = signalsText(telex)
    if (Buffer.byteLength(signals) > TELEX_OUT_BYTES_MAX - HEADERS_BYTES_MAX) {
      this.#count('relay-too-large', 1)
      return []
    }
    const budget = proved ? this.#copies : this.#linelessCopies
    const hop = (hopOf(telex) ?? 0) + 1
    const copies: Outgoing[] = []
    for (const line of this.#all()) {
      if (!matches(line.rules, telex)) continue
      if (line.congested) this.#count('peer-congested', 1)
      else if (!budget.take(nowMs)) this.#count('copies-budget', 1)
      else copies.push(line.write({ hop }, signals, nowMs))
    }
    this.#count('copies', copies.length)
    return copies
  }

  /**
   * A telex to each tapper that has not been sent one for `silentMs`: `server.js` answers it with its tap and so stays. Sent to congested
   * peers too, for it asks for the `_br` that frees them.
   */
  keepAlive(nowMs: number, silentMs: number): Outgoing[] {
    const due = [...this.#all()].filter((line) => nowMs - line.sentMs >= silentMs)
    this.#count('keep-alives', due.length)
    return due.map((line) => line.write({}, '', nowMs))
  }
}
