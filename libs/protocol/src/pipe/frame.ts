import { DATAGRAM_IN_BYTES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { open, seal } from './aead.ts'
import {
  FRAME,
  FRAME_HEADER_BYTES,
  FRAME_OVERHEAD_BYTES,
  FRAMES_MAX,
  PART_HEADER_BYTES,
  PIPE_ID_BYTES,
} from './sizes.ts'

/**
 * Everything after the handshake travels in frames:
 *   type     u8       0xfa
 *   id       8 bytes  the receiving end's
 *   counter  u64      from 0 in each direction, one more each time; big-endian
 *   sealed            the parts (parts.ts), ChaCha20-Poly1305 under the sending direction's key
 *   tag      16 bytes
 * The nonce is the counter as Noise has it (four zero bytes, u64 little-endian), the additional data are the 17 bytes before.
 */
export type FrameHeader = Readonly<{ id: Uint8Array; counter: number }>

const COUNTER_AT = 1 + PIPE_ID_BYTES
const U32 = 2 ** 32

export type FrameHeaderFault = 'bad-length' | 'bad-counter'

export function parseFrameHeader(bytes: Uint8Array): Parsed<FrameHeader, FrameHeaderFault> {
  if (bytes.length < FRAME_OVERHEAD_BYTES + PART_HEADER_BYTES) return faulty('bad-length')
  if (bytes.length > DATAGRAM_IN_BYTES_MAX) return faulty('bad-length')
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES)
  const counter = view.getUint32(COUNTER_AT) * U32 + view.getUint32(COUNTER_AT + 4)
  return counter <= FRAMES_MAX ? parsed({ id: bytes.subarray(1, COUNTER_AT), counter }) : faulty('bad-counter')
}

export function sealFrame(key: Uint8Array, header: FrameHeader, parts: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(FRAME_OVERHEAD_BYTES + parts.length)
  bytes[0] = FRAME
  bytes.set(header.id, 1)
  bytes.writeUInt32BE(Math.floor(header.counter / U32), COUNTER_AT)
  bytes.writeUInt32BE(header.counter >>> 0, COUNTER_AT + 4)
  seal(key, header.counter, bytes.subarray(0, FRAME_HEADER_BYTES), parts, bytes.subarray(FRAME_HEADER_BYTES))
  return bytes
}

/** @returns the parts' bytes, or undefined unless this key sealed them under this header */
export function openFrame(key: Uint8Array, counter: number, bytes: Uint8Array): Uint8Array | undefined {
  return open(key, counter, bytes.subarray(0, FRAME_HEADER_BYTES), bytes.subarray(FRAME_HEADER_BYTES))
}
