import type { Reader } from '../bytes/reader.ts'
import type { Writer } from '../bytes/writer.ts'

/** Counters from `first` to `last`, both among them. */
export type Range = Readonly<{ first: number; last: number }>

/**
 * Which frames have come (RFC 9000 §13.2). Big-endian:
 *   delay   u16   how long ago the latest of them came, milliseconds
 *   count   u8    1–16
 *   ranges  each  last u32, first u32; descending, at least one counter between two
 */
export type Ack = Readonly<{ delayMs: number; ranges: readonly Range[] }>

/** Ranges in one ACK; the oldest are left out beyond, and what they held is sent again. */
export const ACK_RANGES_MAX = 16
export const DELAY_MS_MAX = 65_535

export function writeAck(writer: Writer, ack: Ack): Writer {
  writer.u16(ack.delayMs).u8(ack.ranges.length)
  for (const { first, last } of ack.ranges) writer.u32(last).u32(first)
  return writer
}

export function readAck(reader: Reader): Ack {
  const delayMs = reader.u16()
  const count = reader.u8()
  if (count < 1 || count > ACK_RANGES_MAX) reader.fail()
  const ranges: Range[] = []
  let below = Number.POSITIVE_INFINITY
  for (let i = 0; i < count && !reader.failed; i++) {
    const last = reader.u32()
    const first = reader.u32()
    if (last >= below || first > last) reader.fail()
    ranges.push({ first, last })
    below = first - 1
  }
  return { delayMs, ranges }
}
