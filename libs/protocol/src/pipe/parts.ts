import { readCode, writeCode } from '../bus/refusal-code.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import type { RefusalCode } from '../codes.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Ack, readAck, writeAck } from './ack.ts'
import { type Receipts, readReceipts, writeReceipts } from './receipts.ts'
import { readTap, type Tap, writeTap } from './tap.ts'

/**
 * What a frame carries: one or more parts, one behind the other, nothing after the last.
 *   type    u8
 *   length  u16   of the body
 *   body
 * Parts of an unknown type are passed over, so that newer ends can talk to older ones. Big-endian throughout.
 *
 *   0x01 PING            –
 *   0x02 ACK             see ack.ts
 *   0x03 CLOSE           reason u8, index in CLOSE_REASONS
 *   0x04 PATH_CHALLENGE  8 bytes
 *   0x05 PATH_RESPONSE   the same 8 bytes
 *   0x06 MOVE            –; the router is going away: new messages to another, answers still come here
 *   0x10 SEND            send u32, then the message as bytes (message.ts)
 *   0x11 RECEIPT         see receipts.ts
 *   0x12 LOGGED          send u32
 *   0x13 REFUSED         send u32, code u8, router's time u64 (Unix milliseconds); final
 *   0x14 BUSY            send u32, code u8, retry after u32 (milliseconds); send it again then
 *   0x20 TAP             see tap.ts
 *   0x21 UNTAP           tap u16
 *   0x22 TAP_END         tap u16, code u8: why the router does not follow it (any more)
 *   0x23 DELIVER         tap u16, ordinal u32, total u32, offset u32, then bytes of a row from there (tap.ts)
 *   0x24 DELIVERED       tap u16, position u64: all up to here is kept, send on
 *   0x25 BEHIND          tap u16, position u64: the feed has got there and this tap's window is full
 */
export type Part =
  | Readonly<{ type: 'ping' }>
  | Readonly<{ type: 'ack'; ack: Ack }>
  | Readonly<{ type: 'close'; reason: CloseReason }>
  | Readonly<{ type: 'path-challenge'; data: Uint8Array }>
  | Readonly<{ type: 'path-response'; data: Uint8Array }>
  | Readonly<{ type: 'move' }>
  | Readonly<{ type: 'send'; send: number; message: Uint8Array }>
  | Readonly<{ type: 'receipt'; receipts: Receipts }>
  | Readonly<{ type: 'logged'; send: number }>
  | Readonly<{ type: 'refused'; send: number; code: RefusalCode; routerMs: number }>
  | Readonly<{ type: 'busy'; send: number; code: RefusalCode; retryAfterMs: number }>
  | Readonly<{ type: 'tap'; tap: Tap }>
  | Readonly<{ type: 'untap'; tap: number }>
  | Readonly<{ type: 'tap-end'; tap: number; code: RefusalCode }>
  | Readonly<{ type: 'deliver'; tap: number; ordinal: number; total: number; offset: number; piece: Uint8Array }>
  | Readonly<{ type: 'delivered'; tap: number; position: bigint }>
  | Readonly<{ type: 'behind'; tap: number; position: bigint }>
  | Readonly<{ type: 'unknown' }>

/** Why a pipe ends: nothing more to say; the router goes away; it is used up; the other broke the rules; no room. */
export const CLOSE_REASONS = ['done', 'moving', 'spent', 'protocol-error', 'full'] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

const PATH_DATA_BYTES = 8

const TYPES = {
  ping: 0x01,
  ack: 0x02,
  close: 0x03,
  'path-challenge': 0x04,
  'path-response': 0x05,
  move: 0x06,
  send: 0x10,
  receipt: 0x11,
  logged: 0x12,
  refused: 0x13,
  busy: 0x14,
  tap: 0x20,
  untap: 0x21,
  'tap-end': 0x22,
  deliver: 0x23,
  delivered: 0x24,
  behind: 0x25,
} as const satisfies Record<Exclude<Part['type'], 'unknown'>, number>

const NAMES = new Map<number, keyof typeof TYPES>(
  Object.entries(TYPES).map(([name, type]) => [type, name as keyof typeof TYPES]),
)

export function encodePart(part: Exclude<Part, { type: 'unknown' }>): Uint8Array {
  const bytes = writeBody(new Writer(64).u8(TYPES[part.type]).u16(0), part).done()
  const length = bytes.length - 3
  bytes[1] = length >> 8
  bytes[2] = length & 255
  return bytes
}

function writeBody(writer: Writer, part: Exclude<Part, { type: 'unknown' }>): Writer {
  switch (part.type) {
    case 'ping':
    case 'move':
      return writer
    case 'ack':
      return writeAck(writer, part.ack)
    case 'close':
      return writer.u8(CLOSE_REASONS.indexOf(part.reason))
    case 'path-challenge':
    case 'path-response':
      return writer.bytes(part.data)
    case 'send':
      return writer.u32(part.send).bytes(part.message)
    case 'receipt':
      return writeReceipts(writer, part.receipts)
    case 'logged':
      return writer.u32(part.send)
    case 'refused':
      writeCode(writer.u32(part.send), part.code)
      return writer.u64(part.routerMs)
    case 'busy':
      writeCode(writer.u32(part.send), part.code)
      return writer.u32(part.retryAfterMs)
    case 'tap':
      return writeTap(writer, part.tap)
    case 'untap':
      return writer.u16(part.tap)
    case 'tap-end':
      writeCode(writer.u16(part.tap), part.code)
      return writer
    case 'deliver':
      return writer.u16(part.tap).u32(part.ordinal).u32(part.total).u32(part.offset).bytes(part.piece)
    case 'delivered':
    case 'behind':
      return writer.u16(part.tap).u64(part.position)
  }
}

/** @returns the parts; `no-parts` when there are none, `bad-part` when one is cut short, too long or means nothing */
export function parseParts(bytes: Uint8Array): Parsed<Part[], 'no-parts' | 'bad-part'> {
  if (bytes.length === 0) return faulty('no-parts')
  const parts: Part[] = []
  for (let at = 0; at < bytes.length; ) {
    if (at + 3 > bytes.length) return faulty('bad-part')
    const end = at + 3 + (((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number))
    if (end > bytes.length) return faulty('bad-part')
    const part = parsePart(bytes[at] as number, bytes.subarray(at + 3, end))
    if (!part) return faulty('bad-part')
    parts.push(part)
    at = end
  }
  return parsed(parts)
}

function parsePart(type: number, body: Uint8Array): Part | undefined {
  const name = NAMES.get(type)
  if (!name) return { type: 'unknown' }
  const reader = new Reader(body)
  const part = readBody(reader, name, body)
  return reader.complete ? part : undefined
}

function readBody(reader: Reader, type: keyof typeof TYPES, body: Uint8Array): Part | undefined {
  switch (type) {
    case 'ping':
    case 'move':
      return { type }
    case 'ack':
      return { type, ack: readAck(reader) }
    case 'close': {
      const reason = CLOSE_REASONS[reader.u8()]
      return reason && { type, reason }
    }
    case 'path-challenge':
    case 'path-response':
      return { type, data: reader.bytes(PATH_DATA_BYTES) }
    case 'send':
      return { type, send: reader.u32(), message: rest(reader, body, 4) }
    case 'receipt':
      return { type, receipts: readReceipts(reader, body.length) }
    case 'logged':
      return { type, send: reader.u32() }
    case 'refused':
      return { type, send: reader.u32(), code: readCode(reader), routerMs: reader.safe() }
    case 'busy':
      return { type, send: reader.u32(), code: readCode(reader), retryAfterMs: reader.u32() }
    case 'tap':
      return { type, tap: readTap(reader) }
    case 'untap':
      return { type, tap: reader.u16() }
    case 'tap-end':
      return { type, tap: reader.u16(), code: readCode(reader) }
    case 'deliver': {
      const [tap, ordinal, total, offset] = [reader.u16(), reader.u32(), reader.u32(), reader.u32()]
      return { type, tap, ordinal, total, offset, piece: rest(reader, body, 14) }
    }
    case 'delivered':
    case 'behind':
      return { type, tap: reader.u16(), position: reader.u64() }
  }
}

/** What is left of the body behind so many bytes. */
function rest(reader: Reader, body: Uint8Array, at: number): Uint8Array {
  return reader.bytes(Math.max(body.length - at, 0))
}
