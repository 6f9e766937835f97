import { ROW_HEADER_BYTES, type Row } from '@p2pmsg/protocol'

/** Rows that wait for the consumer. A router sends a window of 256, and each that takes over another one. */
const ROWS_MAX = 1_024
const BYTES_MAX = 4 * 1024 * 1024

/** Rows between the pipe, which brings them, and whoever takes them one by one. */
export class RowQueue {
  readonly #rows: Row[] = [] // BOUNDED by ROWS_MAX and BYTES_MAX
  #bytes = 0

  get size(): number {
    return this.#rows.length
  }

  /** @returns false where there is no room */
  push(row: Row): boolean {
    if (this.#rows.length >= ROWS_MAX || this.#bytes >= BYTES_MAX) return false
    this.#rows.push(row)
    this.#bytes += ROW_HEADER_BYTES + row.message.length
    return true
  }

  shift(): Row | undefined {
    const row = this.#rows.shift()
    if (row) this.#bytes -= ROW_HEADER_BYTES + row.message.length
    return row
  }
}
