import type { PipeClientOptions, PipeTapKey, TapWish } from './client-options.ts'
import type { ClientPipe } from './client-pipe.ts'
import type { QueuedPart } from './part-queue.ts'
import { TapAssembly } from './tap-assembly.ts'
import type { Piece } from './tap-window.ts'

/** Taps are named by 16 bits. */
const TAP_KEY_MAX = 65_535

type ClientTap = {
  readonly wish: TapWish
  /** The last row handed over; a new pipe goes on behind it. */
  after: bigint
  pipe: ClientPipe | undefined
  assembly: TapAssembly
  kept: QueuedPart | undefined
}

/** What a client wants to be sent: survives the pipes that it comes over. */
export class ClientTaps {
  readonly #options: PipeClientOptions
  readonly #taps = new Map<PipeTapKey, ClientTap>() // BOUNDED by its owner, who makes them
  #nextKey: PipeTapKey = 1

  constructor(options: PipeClientOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#taps.size
  }

  add(wish: TapWish): PipeTapKey {
    if (this.#nextKey > TAP_KEY_MAX) throw new RangeError(`a client has no more than ${TAP_KEY_MAX} taps in its life`)
    const key = this.#nextKey++
    this.#taps.set(key, { wish, after: wish.after, pipe: undefined, assembly: new TapAssembly(), kept: undefined })
    return key
  }

  delete(key: PipeTapKey): void {
    const tap = this.#taps.get(key)
    this.#taps.delete(key)
    tap?.pipe?.session.send({ type: 'untap', tap: key })
  }

  /** The application keeps all rows of a tap up to here. */
  delivered(key: PipeTapKey, position: bigint): void {
    const tap = this.#taps.get(key)
    if (!tap?.pipe) return
    if (tap.kept) tap.kept.done = true // the later one says it too
    tap.kept = tap.pipe.session.send({ type: 'delivered', tap: key, position })
  }

  /** Asks for all taps that no pipe carries. */
  open(pipe: ClientPipe): void {
    for (const [key, tap] of this.#taps) {
      if (tap.pipe) continue
      tap.pipe = pipe
      tap.assembly = new TapAssembly()
      tap.kept = undefined
      pipe.session.send({ type: 'tap', tap: { ...tap.wish, tap: key, after: tap.after } })
    }
  }

  /** A pipe is over, or left. */
  leave(pipe: ClientPipe): void {
    for (const tap of this.#taps.values()) if (tap.pipe === pipe) tap.pipe = undefined
  }

  /** @returns rows handed over, or undefined when the router breaks the rules */
  deliver(pipe: ClientPipe, piece: Piece, nowMs: number): number | undefined {
    const tap = this.#taps.get(piece.tap)
    if (tap?.pipe !== pipe) return 0
    const rows = tap.assembly.add(piece)
    if (!rows) return undefined
    for (const row of rows) {
      if (row.position <= tap.after) return undefined
      tap.after = row.position
      this.#options.onRow(piece.tap, row, nowMs)
    }
    return rows.length
  }

  end(pipe: ClientPipe, key: PipeTapKey, code: Parameters<PipeClientOptions['onTapEnd']>[1], nowMs: number): void {
    if (this.#taps.get(key)?.pipe !== pipe) return
    this.#taps.delete(key)
    this.#options.onTapEnd(key, code, nowMs)
  }

  behind(pipe: ClientPipe, key: PipeTapKey, position: bigint, nowMs: number): void {
    if (this.#taps.get(key)?.pipe === pipe) this.#options.onBehind?.(key, position, nowMs)
  }
}
