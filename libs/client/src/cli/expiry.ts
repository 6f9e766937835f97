import { UNIX_SECONDS_MAX } from '@p2pmsg/protocol'
import { UsageError } from './exit-code.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** A length of time from now, or a date. @returns Unix seconds @throws {UsageError} */
export function readExpiry(text: string, nowMs: number): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const length = UNITS[unit]
  const seconds = length === undefined ? Date.parse(text) / 1000 : nowMs / 1000 + Number(count) * length
  if (!(seconds <= UNIX_SECONDS_MAX))
    throw new UsageError('--expires is 90s, 15m, 24h, 7d or a date such as 2030-01-31')
  if (seconds * 1000 <= nowMs) throw new UsageError('--expires lies in the past: no router would take the message')
  return Math.ceil(seconds)
}
