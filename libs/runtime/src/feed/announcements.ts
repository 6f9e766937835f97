import {
  type Announcement,
  committed,
  type Position,
  parseAnnouncement,
  positionOf,
  type Row,
  receiverIn,
  toHex,
} from '@p2pmsg/protocol'
import type { Bus } from '../bus/connect.ts'

const PARTITION = /^committed\.v1\.(\d{1,3})$/

export type AnnouncementsOptions = Readonly<{
  /** Whether anybody here cares for a partition; what nobody wants is not even read. */
  wants?: (partition: number) => boolean
  onAnnouncement: (partition: number, announcement: Announcement) => void
  onFault: () => void
}>

/**
 * What the store commits, heard once for the whole process however many readers there are.
 * @returns how to stop
 */
export function followAnnouncements(bus: Bus, { wants, onAnnouncement, onFault }: AnnouncementsOptions): () => void {
  const subscription = bus.nc.subscribe(committed.wildcard, {
    callback: (error, message) => {
      if (error) return
      const partition = Number(PARTITION.exec(message.subject)?.[1] ?? Number.NaN)
      if (wants?.(partition) === false) return
      const announcement = parseAnnouncement(message.data)
      if (!Number.isInteger(partition) || !announcement.ok) return onFault()
      const { prev, last, rows } = announcement.value
      onAnnouncement(partition, { prev: settled(prev), last: settled(last), rows })
    },
  })
  return () => subscription.unsubscribe()
}

/** No block has sequence 0: a log that has nothing yet is applied up to 0, as the store's answers say. */
function settled(position: Position): Position {
  return position < positionOf(1, 0) ? 0n : position
}

const NO_ROWS: readonly Row[] = []

/** An announcement whose rows are told apart by feed once, for all who follow a feed of its partition. */
export class HeardCommit {
  readonly prev: Position
  readonly last: Position
  readonly #rows: readonly Row[] | undefined
  #byReceiver: Map<string, Row[]> | 'unknown' | undefined // BOUNDED by the announcement's rows

  constructor({ prev, last, rows }: Announcement) {
    this.prev = prev
    this.last = last
    this.#rows = rows
  }

  /** @param receiver in hex @returns undefined where rows are not told, or one does not say whose it is: a tombstone */
  rowsOf(receiver: string): readonly Row[] | undefined {
    this.#byReceiver ??= this.#sorted()
    return this.#byReceiver === 'unknown' ? undefined : (this.#byReceiver.get(receiver) ?? NO_ROWS)
  }

  #sorted(): Map<string, Row[]> | 'unknown' {
    if (!this.#rows) return 'unknown'
    const sorted = new Map<string, Row[]>()
    for (const row of this.#rows) {
      const receiver = receiverIn({ dialect: row.dialect, bytes: row.message })
      if (!receiver) return 'unknown'
      const key = toHex(receiver)
      const rows = sorted.get(key)
      if (rows) rows.push(row)
      else sorted.set(key, [row])
    }
    return sorted
  }
}
