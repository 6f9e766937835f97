import type { UdpAddress } from '../krpc/compact.ts'
import { Guesses } from './guesses.ts'
import { type HalfOpen, Line } from './line.ts'
import { fullRing, isRing, LINE_MAX, primeRing, ThinRings } from './ring.ts'
import { formatSwitch, prefixOf } from './switch-address.ts'
import { numberOf, type Telex } from './telex.ts'

/** Proved peers in all, and of one /24 or /56. */
const LINES_MAX = 4096
const LINES_PER_PREFIX_MAX = 64
/** Unproved full switches in all; the one that came first makes room. */
const HALF_OPEN_MAX = 4096
/** A peer that is silent for longer is forgotten, milliseconds (2011: 70 s). */
const SILENT_MS_MAX = 70_000
/** While a line is this young its peer may not know it yet, milliseconds (2011: 10 s). */
const YOUNG_MS = 10_000

/** What a telex's headers say about its sender. */
export type Standing =
  | Readonly<{ kind: 'proved'; line: Line }>
  /** Not proved by this telex. `line` or `ring` is what an answer should carry; `half` counts its bytes. */
  | Readonly<{ kind: 'stranger'; line?: number; ring?: number; half?: HalfOpen }>
  | Readonly<{ kind: 'dropped'; why: LineFault }>

export type LineFault = 'bad-ring' | 'bad-line' | 'wrong-ring' | 'wrong-line' | 'lines-full' | 'guesses-full'

export type LinesOptions = Readonly<{ secrets: readonly Uint8Array[]; random: (bytes: number) => Uint8Array }>

/** Who is who, by address: lines, and switches on their way to one. */
export class Lines {
  readonly #thin: ThinRings
  readonly #random: LinesOptions['random']
  readonly #open = new Map<string, Line>()
  readonly #perPrefix = new Map<string, number>()
  readonly #half = new Map<string, HalfOpen>()
  readonly #guesses = new Guesses()

  constructor({ secrets, random }: LinesOptions) {
    this.#thin = new ThinRings(secrets)
    this.#random = random
  }

  get size(): number {
    return this.#open.size
  }

  get halfOpen(): number {
    return this.#half.size
  }

  values(): IterableIterator<Line> {
    return this.#open.values()
  }

  get(address: UdpAddress): Line | undefined {
    return this.#open.get(formatSwitch(address))
  }

  /** Applies the rules for `_ring` and `_line`: 2011's order, with exact products in place of multiples. */
  admit(telex: Telex, from: UdpAddress, bytes: number, nowMs: number): Standing {
    const [line, ring] = [numberOf(telex, '_line'), numberOf(telex, '_ring')]
    if (ring !== undefined && !isRing(ring)) return { kind: 'dropped', why: 'bad-ring' }
    if (line !== undefined && !(line >= 1)) return { kind: 'dropped', why: 'bad-line' }
    const to = formatSwitch(from)
    const open = this.#open.get(to)
    if (open && line === open.number) {
      const same = ring === undefined || ring === open.peerRing
      return same ? { kind: 'proved', line: open } : { kind: 'dropped', why: 'wrong-ring' }
    }
    if (line !== undefined) return this.#byLine(telex, line, ring, { from, to, bytes, open, nowMs })
    if (ring !== undefined) return this.#byRing(ring, to, bytes, nowMs)
    if (open && nowMs - open.openedMs <= YOUNG_MS) return { kind: 'stranger', line: open.number }
    // A full switch says `_ring` until it has a line. What says neither echoes any number, unless it announces and hangs up:
    // such a program says `_to`, takes no ring above 32768 and needs none.
    const announces = telex.members.has('_to') && !telex.members.has('.tap')
    return announces ? { kind: 'stranger' } : { kind: 'stranger', ring: this.#thin.make(from, nowMs) }
  }

  #byLine(telex: Telex, line: number, ring: number | undefined, sender: Sender): Standing {
    const { from, to, bytes, open, nowMs } = sender
    if (this.#thin.check(line, from, nowMs)) return this.#opened(sender, { number: line, peerRing: 1 }, undefined)
    const half = this.#half.get(to)
    if (!half) {
      if (open) return { kind: 'dropped', why: 'wrong-line' }
      // It has a line with an earlier process, or with none: only a new ring can help it.
      if (line > LINE_MAX) return { kind: 'stranger', ring: this.#thin.make(from, nowMs) }
      const fresh = this.#newHalf(to, { ring: primeRing(this.#random), peerRing: undefined }, bytes, nowMs)
      return { kind: 'stranger', ring: fresh.ring, half: fresh }
    }
    const prefix = prefixOf(from.ip)
    if (!this.#guesses.mayTry(prefix, nowMs)) return { kind: 'dropped', why: 'guesses-full' }
    const peerRing = half.peerRing ?? ring ?? impliedRing(half, line, numberOf(telex, '_br'))
    if (peerRing !== undefined && line === half.ring * peerRing)
      return this.#opened(sender, { number: line, peerRing }, half)
    this.#half.delete(to)
    this.#guesses.failed(prefix, nowMs)
    return { kind: 'dropped', why: 'wrong-line' }
  }

  #byRing(peerRing: number, to: string, bytes: number, nowMs: number): Standing {
    const known = this.#half.get(to)
    if (known && (known.peerRing === undefined || known.peerRing === peerRing)) {
      known.heardBytes += bytes
      const half = known.peerRing === undefined ? this.#replaceHalf(to, { ...known, peerRing }) : known
      return { kind: 'stranger', line: half.ring * peerRing, half }
    }
    // Another ring than before: a new process at the old address, or somebody who speaks in its name. A fresh ring beside the old
    // line serves the first and tells the second nothing.
    const half = this.#newHalf(to, { ring: fullRing(this.#random), peerRing }, bytes, nowMs)
    return { kind: 'stranger', line: half.ring * peerRing, half }
  }

  /** A half-open entry for an address that we write to first. */
  dial(to: UdpAddress, nowMs: number): HalfOpen {
    return this.#newHalf(formatSwitch(to), { ring: primeRing(this.#random), peerRing: undefined }, 0, nowMs)
  }

  isHalfOpen(address: UdpAddress): boolean {
    return this.#half.has(formatSwitch(address))
  }

  #newHalf(to: string, rings: Pick<HalfOpen, 'ring' | 'peerRing'>, heardBytes: number, nowMs: number): HalfOpen {
    return this.#replaceHalf(to, { ...rings, sinceMs: nowMs, heardBytes, sentBytes: 0 })
  }

  #replaceHalf(to: string, half: HalfOpen): HalfOpen {
    this.#half.delete(to)
    if (this.#half.size >= HALF_OPEN_MAX) this.#half.delete(this.#half.keys().next().value as string)
    this.#half.set(to, half)
    return half
  }

  #opened(sender: Sender, rings: { number: number; peerRing: number }, half: HalfOpen | undefined): Standing {
    const { from, to, open, nowMs } = sender
    if (open) this.close(open)
    const prefix = prefixOf(from.ip)
    const ofPrefix = this.#perPrefix.get(prefix) ?? 0
    if (this.#open.size >= LINES_MAX || ofPrefix >= LINES_PER_PREFIX_MAX) return { kind: 'dropped', why: 'lines-full' }
    const [heardBytes, sentBytes] = [half?.heardBytes ?? 0, half?.sentBytes ?? 0]
    const line = new Line({ address: from, ...rings, heardBytes, sentBytes, nowMs })
    this.#half.delete(to)
    this.#open.set(to, line)
    this.#perPrefix.set(prefix, ofPrefix + 1)
    return { kind: 'proved', line }
  }

  close(line: Line): void {
    if (!this.#open.delete(line.to)) return
    const prefix = prefixOf(line.address.ip)
    const left = (this.#perPrefix.get(prefix) ?? 1) - 1
    if (left === 0) this.#perPrefix.delete(prefix)
    else this.#perPrefix.set(prefix, left)
  }

  /** Forgets whoever has been silent for too long. */
  sweep(nowMs: number): void {
    for (const line of this.#open.values()) if (nowMs - line.seenMs > SILENT_MS_MAX) this.close(line)
    for (const [to, half] of this.#half) if (nowMs - half.sinceMs > SILENT_MS_MAX) this.#half.delete(to)
    this.#guesses.sweep(nowMs)
  }
}

type Sender = Readonly<{ from: UdpAddress; to: string; bytes: number; open: Line | undefined; nowMs: number }>

/**
 * The ring of a switch that answered our ring with the line and never said its own. That the line is a multiple could be luck;
 * so it must also say how many bytes we sent, which we made hard to foretell.
 */
function impliedRing(half: HalfOpen, line: number, br: number | undefined): number | undefined {
  const ring = line / half.ring
  return isRing(ring) && half.sentBytes > 0 && br === half.sentBytes ? ring : undefined
}
