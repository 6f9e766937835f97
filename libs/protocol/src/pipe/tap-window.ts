import { type Row, writeRow } from '../bus/row.ts'
import { Writer } from '../bytes/writer.ts'
import { callOff, type QueuedPart } from './part-queue.ts'
import { PART_HEADER_BYTES, PARTS_BYTES_MAX } from './sizes.ts'

/** Rows, and bytes of them, that are on their way to one tap and not yet said to be kept. */
const TAP_ROWS_MAX = 256
const TAP_BYTES_MAX = 512 * 1024
/** A window that is full for so long is no matter of the round trip, milliseconds. */
const BEHIND_MS = 2000
/** tap, ordinal, total and offset stand before a piece. */
const PIECE_BYTES_MAX = PARTS_BYTES_MAX - PART_HEADER_BYTES - 14
/** Pieces of a full window; ordinals that are further ahead are nobody's honest mistake. */
export const TAP_PIECES_MAX = TAP_ROWS_MAX + Math.ceil(TAP_BYTES_MAX / PIECE_BYTES_MAX) + 64

export type Piece = Readonly<{ tap: number; ordinal: number; total: number; offset: number; piece: Uint8Array }>

/** What all taps of a router have on their way together, bytes. */
export type TapLoad = { bytes: number; readonly bytesMax: number }

type RowOnItsWay = Readonly<{ position: bigint; bytes: number; parts: readonly QueuedPart[] }>

/** The router's side of a tap: rows in order, cut into pieces, no more of them than the client keeps up with. */
export class TapWindow {
  readonly #tap: number
  readonly #load: TapLoad
  readonly #rows: RowOnItsWay[] = [] // BOUNDED by TAP_ROWS_MAX
  #bytes = 0
  #ordinal = 0
  #fullMs: number | undefined
  #told = false

  constructor(tap: number, load: TapLoad) {
    this.#tap = tap
    this.#load = load
  }

  /** Rows that may be sent now: where a router has as much on its way as it can, one at a time, so that none stands still. */
  get room(): number {
    if (this.#bytes >= TAP_BYTES_MAX) return 0
    if (this.#load.bytes >= this.#load.bytesMax) return this.#rows.length === 0 ? 1 : 0
    return TAP_ROWS_MAX - this.#rows.length
  }

  /** @param row of a position above all before @param send takes its pieces, which may leave in any order */
  deliver(row: Row, send: (piece: Piece) => QueuedPart): void {
    const writer = new Writer(1024)
    writeRow(writer, row)
    const bytes = writer.done()
    this.#bytes += bytes.length
    this.#load.bytes += bytes.length
    const parts: QueuedPart[] = []
    for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES_MAX) {
      const piece = bytes.subarray(offset, offset + PIECE_BYTES_MAX)
      parts.push(send({ tap: this.#tap, ordinal: this.#ordinal++, total: bytes.length, offset, piece }))
    }
    this.#rows.push({ position: row.position, bytes: bytes.length, parts })
  }

  /** The client keeps everything up to here. @returns whether that made room */
  delivered(position: bigint): boolean {
    let freed = 0
    for (const row of this.#rows) {
      if (row.position > position) break
      this.#letGo(row)
      freed++
    }
    this.#rows.splice(0, freed)
    if (freed === 0) return false
    this.#fullMs = undefined
    this.#told = false
    return true
  }

  /** The router sends it no more rows; what was sent still leaves. */
  end(): void {
    this.#load.bytes -= this.#bytes
    this.#bytes = 0
    this.#rows.length = 0
  }

  /** The client wants nothing more of it. */
  close(): void {
    for (const row of this.#rows) this.#letGo(row)
    this.#rows.length = 0
  }

  /** What waits of it need not leave: a client that says so of what it never got harms nobody else. */
  #letGo({ bytes, parts }: RowOnItsWay): void {
    this.#bytes -= bytes
    this.#load.bytes -= bytes
    for (const part of parts) callOff(part)
  }

  /** There is a row and no room. @returns whether the client is to be told so now: once, when nothing has moved for a while */
  tellBehind(nowMs: number): boolean {
    this.#fullMs ??= nowMs
    if (this.#told || nowMs - this.#fullMs < BEHIND_MS) return false
    this.#told = true
    return true
  }
}
