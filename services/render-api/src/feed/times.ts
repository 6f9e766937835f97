import { UNIX_SECONDS_MAX } from '@p2pmsg/protocol'

const MS_MAX = UNIX_SECONDS_MAX * 1000

/** RFC 3339 in UTC with milliseconds. Times outside 1970–9999, which no format here can print, are clamped. */
export function isoFromMs(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), MS_MAX)).toISOString()
}

/** RFC 3339 in UTC with microseconds, the resolution of a sender's clock. */
export function isoFromMicros(micros: bigint): string {
  const ms = micros / 1000n
  const rest = ms > BigInt(MS_MAX) ? 0 : Number(micros % 1000n)
  return isoFromMs(ms > BigInt(MS_MAX) ? MS_MAX : Number(ms)).replace('Z', `${String(rest).padStart(3, '0')}Z`)
}
