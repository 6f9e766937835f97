import {
  ANNOUNCEMENT_BYTES_MAX,
  type Announcement,
  committed,
  lastPositionOf,
  type Position,
  ROW_HEADER_BYTES,
  type Row,
  type Subject,
} from '@p2pmsg/protocol'
import type { Bus } from '@p2pmsg/runtime'

/** Between two heartbeats, milliseconds. */
const HEARTBEAT_MS = 1_000
/** More rows than this are not announced one by one; the format ends at 4,096. */
const ROWS_MAX = 4_000

/**
 * Tells followers what was committed in a partition, and once a second that it still stands there. What gets lost, shows:
 * the next `prev` is not their own `last`, and they ask.
 */
export class Announcer implements Disposable {
  readonly #bus: Bus
  readonly #subject: Subject<Announcement>
  readonly #timer: NodeJS.Timeout
  #last: Position

  /** @param appliedSeq how far the partition was written when this writer took it */
  constructor(bus: Bus, partition: number, appliedSeq: number) {
    this.#bus = bus
    this.#subject = committed.of(partition)
    this.#last = lastPositionOf(appliedSeq)
    this.#timer = setInterval(() => this.#say(this.#last, []), HEARTBEAT_MS)
    this.#say(this.#last, [])
  }

  /** @param rows what was new since the last call, in order */
  committed(appliedSeq: number, rows: readonly Row[]): void {
    const bytes = rows.reduce((sum, row) => sum + ROW_HEADER_BYTES + row.message.length, 0)
    const told = bytes <= ANNOUNCEMENT_BYTES_MAX && rows.length <= ROWS_MAX
    this.#say(lastPositionOf(appliedSeq), told ? rows : undefined)
  }

  #say(last: Position, rows: readonly Row[] | undefined): void {
    this.#bus.publish(this.#subject, { prev: this.#last, last, rows })
    this.#last = last
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
