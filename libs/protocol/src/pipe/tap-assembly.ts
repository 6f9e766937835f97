import { type Row, readRow } from '../bus/row.ts'
import { concat } from '../bytes/bytes.ts'
import { Reader } from '../bytes/reader.ts'
import { MESSAGE_HTTP_BYTES_MAX } from '../limits.ts'
import type { Piece } from './tap-window.ts'
import { TAP_PIECES_MAX } from './tap-window.ts'

/** The largest row: the largest message, its header and what a legacy message may have around it, bytes. */
const ROW_BYTES_MAX = MESSAGE_HTTP_BYTES_MAX + 1024

/** The client's side of a tap: pieces in any order, rows in theirs. */
export class TapAssembly {
  readonly #pieces = new Map<number, Piece>() // BOUNDED by TAP_PIECES_MAX
  #next = 0
  #row: Uint8Array[] = [] // BOUNDED by ROW_BYTES_MAX
  #bytes = 0

  /** @returns the rows that are whole now, in order; undefined when the router breaks the rules */
  add(piece: Piece): Row[] | undefined {
    if (piece.ordinal < this.#next) return []
    if (piece.ordinal >= this.#next + TAP_PIECES_MAX) return undefined
    this.#pieces.set(piece.ordinal, piece)
    const rows: Row[] = []
    for (let next = this.#pieces.get(this.#next); next; next = this.#pieces.get(this.#next)) {
      this.#pieces.delete(this.#next++)
      if (next.offset !== this.#bytes || next.total > ROW_BYTES_MAX) return undefined
      this.#row.push(next.piece)
      this.#bytes += next.piece.length
      if (this.#bytes < next.total && next.piece.length > 0) continue
      const row = this.#bytes === next.total ? rowOf(concat(this.#row)) : undefined
      if (!row) return undefined
      rows.push(row)
      this.#row = []
      this.#bytes = 0
    }
    return rows
  }
}

function rowOf(bytes: Uint8Array): Row | undefined {
  const reader = new Reader(bytes)
  const row = readRow(reader)
  return reader.complete ? row : undefined
}
