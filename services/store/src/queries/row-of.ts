import { DIALECTS, type Row } from '@p2pmsg/protocol'
import { sql } from 'kysely'
import type { Tables } from '../schema.ts'

/** The columns that make a {@link Row}. */
export const ROW_COLUMNS = ['position', 'id', 'received_ms', 'stored_ms', 'dialect', 'message'] as const

type RowColumns = Readonly<Pick<Tables['message'], 'position' | 'id' | 'received_ms' | 'dialect' | 'message'>> &
  Readonly<{ stored_ms: string }>

export function toRow(row: RowColumns): Row {
  return {
    position: BigInt(row.position),
    id: row.id,
    receivedMs: Number(row.received_ms),
    storedMs: Number(row.stored_ms),
    dialect: DIALECTS[row.dialect] ?? 'krpc',
    message: row.message,
  }
}

/** A message is not shown once it has expired, by Postgres' clock. */
export const NOT_EXPIRED = sql<boolean>`(expires IS NULL OR expires > extract(epoch FROM now()))`
