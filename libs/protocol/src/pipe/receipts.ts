import { concat } from '../bytes/bytes.ts'
import type { Reader } from '../bytes/reader.ts'
import type { Writer } from '../bytes/writer.ts'
import { HASH_BYTES } from '../limits.ts'
import { PATH_LENGTH_MAX } from '../receipt/merkle.ts'
import { RECEIPT_SHARED_BYTES } from '../receipt/receipt.ts'
import { PART_HEADER_BYTES, PARTS_BYTES_MAX } from './sizes.ts'

/** A receipt (receipt.ts) as bytes, and the SEND that it answers. */
export type SendReceipt = Readonly<{ send: number; receipt: Uint8Array }>

/**
 * Receipts of one block; what they have in common is said once:
 *   shared   230 bytes  version, statement, signature, delegation
 *   each     send u32, then the rest of its receipt: id 32 bytes, index u16, path length u8, path 32 bytes each
 */
export type Receipts = readonly SendReceipt[]

const TAIL_BYTES_MIN = HASH_BYTES + 2 + 1
/** More do not fit one frame. */
const RECEIPTS_MAX = Math.floor(PARTS_BYTES_MAX / TAIL_BYTES_MIN)

export function writeReceipts(writer: Writer, receipts: Receipts): Writer {
  const [first] = receipts
  if (first) writer.bytes(first.receipt.subarray(0, RECEIPT_SHARED_BYTES))
  for (const { send, receipt } of receipts) writer.u32(send).bytes(receipt.subarray(RECEIPT_SHARED_BYTES))
  return writer
}

/** @param bodyBytes the part's length */
export function readReceipts(reader: Reader, bodyBytes: number): Receipts {
  const shared = reader.bytes(RECEIPT_SHARED_BYTES)
  const receipts: SendReceipt[] = []
  for (let left = bodyBytes - RECEIPT_SHARED_BYTES; left > 0 && !reader.failed; ) {
    if (receipts.length >= RECEIPTS_MAX) reader.fail()
    const send = reader.u32()
    const head = reader.bytes(TAIL_BYTES_MIN)
    const length = head[TAIL_BYTES_MIN - 1] as number
    if (length > PATH_LENGTH_MAX) reader.fail()
    const path = reader.bytes(length * HASH_BYTES)
    receipts.push({ send, receipt: concat([shared, head, path]) })
    left -= 4 + TAIL_BYTES_MIN + path.length
  }
  if (receipts.length === 0) reader.fail()
  return receipts
}

/** Puts receipts into groups that each fit one part: those that follow each other and are of one block. */
export function groupReceipts(receipts: readonly SendReceipt[]): Receipts[] {
  const groups: SendReceipt[][] = []
  let room = 0
  for (const entry of receipts) {
    const group = groups.at(-1)
    const bytes = 4 + entry.receipt.length - RECEIPT_SHARED_BYTES
    if (group?.[0] && bytes <= room && isSameBlock(group[0].receipt, entry.receipt)) {
      group.push(entry)
      room -= bytes
    } else {
      groups.push([entry])
      room = PARTS_BYTES_MAX - PART_HEADER_BYTES - RECEIPT_SHARED_BYTES - bytes
    }
  }
  return groups
}

function isSameBlock(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a.subarray(0, RECEIPT_SHARED_BYTES), b.subarray(0, RECEIPT_SHARED_BYTES)) === 0
}
