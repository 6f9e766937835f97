import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CLOSE_REASONS, encodePart, parseParts } from '../../src/pipe/parts.ts'
import { groupReceipts } from '../../src/pipe/receipts.ts'
import { PART_HEADER_BYTES, PARTS_BYTES_MAX } from '../../src/pipe/sizes.ts'
import { RECEIPT_SHARED_BYTES } from '../../src/receipt/receipt.ts'
import { plain, runs } from '../made.ts'
import { part } from './arbitraries.ts'

const RUNS = { numRuns: runs(300, 10_000) }

test('any parts come back as they were, one behind the other', () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const result = parseParts(Buffer.concat(parts.map(encodePart)))
      expect(result.ok && plain(result.value)).toEqual(plain(parts))
    }),
    RUNS,
  )
})

test('a part cut anywhere is a fault', () => {
  fc.assert(
    fc.property(part, (value) => {
      const bytes = encodePart(value)
      for (let length = 0; length < bytes.length; length++) expect(parseParts(bytes.subarray(0, length)).ok).toBe(false)
    }),
    { numRuns: runs(50, 1000) },
  )
})

test('a body cut with its length made to fit is a fault, where the part is not open-ended', () => {
  fc.assert(
    fc.property(part, (value) => {
      if (value.type === 'send' || value.type === 'deliver') return
      const bytes = Buffer.from(encodePart(value))
      // A batch of receipts may be cut between two of them, and is then a shorter batch.
      for (let length = 3; length < bytes.length && value.type !== 'receipt'; length++) {
        const cut = Buffer.from(bytes.subarray(0, length))
        cut.writeUInt16BE(length - 3, 1)
        expect(parseParts(cut).ok).toBe(false)
      }
      const longer = Buffer.concat([bytes, Buffer.of(0)])
      longer.writeUInt16BE(longer.length - 3, 1)
      expect(parseParts(longer).ok).toBe(false)
    }),
    { numRuns: runs(100, 3000) },
  )
})

test('any bytes are parts or a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const result = parseParts(bytes)
      if (result.ok) expect(result.value.length).toBeGreaterThan(0)
    }),
    RUNS,
  )
})

test('parts of unknown types are passed over', () => {
  const result = parseParts(Buffer.concat([Buffer.of(0x7f, 0, 2, 1, 2), encodePart({ type: 'ping' })]))
  expect(result).toEqual({ ok: true, value: [{ type: 'unknown' }, { type: 'ping' }] })
})

test.each([
  ['an ACK without ranges', '020003000000'],
  ['an ACK whose ranges touch', '02001300000200000009000000080000000700000006'],
  ['an ACK with a range upside down', '02000b0000010000000600000007'],
  ['a CLOSE without a known reason', `030001${CLOSE_REASONS.length.toString(16).padStart(2, '0')}`],
  ['a REFUSED without a known code', '13000d00000001ff0000000000000001'],
  [
    'a receipt without entries',
    `110${RECEIPT_SHARED_BYTES.toString(16).padStart(3, '0')}${'00'.repeat(RECEIPT_SHARED_BYTES)}`,
  ],
])('%s is a fault', (_name, hex) => {
  expect(parseParts(Buffer.from(hex, 'hex'))).toEqual({ ok: false, fault: 'bad-part' })
})

test('receipts are grouped by block, and a group fits a frame', () => {
  const receiptOf = (block: number, path: number) =>
    Buffer.concat([
      Buffer.alloc(RECEIPT_SHARED_BYTES, block),
      Buffer.alloc(34),
      Buffer.of(path),
      Buffer.alloc(path * 32),
    ])
  const receipts = [1, 1, 1, 1, 1, 1, 2, 1].map((block, send) => ({ send, receipt: receiptOf(block, 6) }))
  const groups = groupReceipts(receipts)
  expect(groups.flat()).toEqual(receipts)
  expect(groups.map((group) => group.length)).toEqual([4, 2, 1, 1])
  for (const group of groups) {
    expect(encodePart({ type: 'receipt', receipts: group }).length).toBeLessThanOrEqual(PARTS_BYTES_MAX)
  }
  expect(PART_HEADER_BYTES).toBe(encodePart({ type: 'ping' }).length)
})
