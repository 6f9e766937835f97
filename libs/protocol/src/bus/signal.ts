import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { DATAGRAM_IN_BYTES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { INCARNATION_BYTES } from './pack.ts'

/**
 * Telehash v1 signals that one router heard, for the tappers of the others. Big-endian:
 *   version      u8        1
 *   incarnation  8 bytes   of the router that heard them: it has served its own tappers
 *   proved       u8        1 = they came on a line
 *   telex        u32 length, bytes: a JSON object, without what opens its sender's line
 */
export type Signal = Readonly<{ incarnation: Uint8Array; proved: boolean; telex: Uint8Array }>

const VERSION = 1

export function encodeSignal({ incarnation, proved, telex }: Signal): Uint8Array {
  return new Writer()
    .u8(VERSION)
    .bytes(incarnation)
    .u8(proved ? 1 : 0)
    .blob(telex)
    .done()
}

export function parseSignal(bytes: Uint8Array): Parsed<Signal, 'bad-signal'> {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const incarnation = reader.bytes(INCARNATION_BYTES)
  const proved = reader.u8()
  const telex = reader.blob()
  const fits = version === VERSION && proved <= 1 && telex.length <= DATAGRAM_IN_BYTES_MAX
  return fits && reader.complete ? parsed({ incarnation, proved: proved === 1, telex }) : faulty('bad-signal')
}
