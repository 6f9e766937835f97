import { type Readable, type Row, readMessage } from '@p2pmsg/protocol'
import { rowUnreadable } from '../events.ts'

/** A row with its message read: what it says, that it was removed, or that this version cannot read it. */
export type Entry = Readonly<{ row: Row }> &
  (
    | Readonly<{ state: 'shown' | 'expired'; message: Readable }>
    | Readonly<{ state: 'removed' | 'unreadable'; message?: undefined }>
  )

/** @param nowMs Unix milliseconds: a message past its expiry is no longer shown, whether or not the store has removed it yet */
export function entryOf(row: Row, nowMs: number): Entry {
  if (row.message.length === 0) return { row, state: 'removed' }
  const message = readMessage({ dialect: row.dialect, receivedMs: row.receivedMs, bytes: row.message })
  if (!message.ok) {
    rowUnreadable()
    return { row, state: 'unreadable' }
  }
  const state = expiresMsOf(message.value) <= nowMs ? 'expired' : 'shown'
  return { row, state, message: message.value }
}

/** @returns Unix milliseconds; infinite where a message does not expire */
export function expiresMsOf({ content: { expires } }: Readable): number {
  return expires === undefined ? Number.POSITIVE_INFINITY : expires * 1000
}
