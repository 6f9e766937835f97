import * as fc from 'fast-check'
import { REFUSAL_CODES } from '../../src/codes.ts'
import { ACK_RANGES_MAX, type Ack, type Range } from '../../src/pipe/ack.ts'
import { CLOSE_REASONS, type Part } from '../../src/pipe/parts.ts'
import { RECEIPT_SHARED_BYTES } from '../../src/receipt/receipt.ts'
import { bytesOf, text, u16, u32 } from '../made.ts'

const code = fc.constantFrom(...REFUSAL_CODES)
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

const ack: fc.Arbitrary<Ack> = fc.record({
  delayMs: u16,
  ranges: fc
    .array(fc.record({ gap: fc.nat(1000), length: fc.nat(1000) }), { minLength: 1, maxLength: ACK_RANGES_MAX })
    .map((steps) => {
      const ranges: Range[] = []
      let next = 0
      for (const { gap, length } of steps) {
        ranges.unshift({ first: next + gap, last: next + gap + length })
        next += gap + length + 2
      }
      return ranges
    }),
})

const tail = fc
  .tuple(bytesOf(32), u16, fc.nat(8))
  .chain(([id, index, length]) =>
    bytesOf(length * 32).map((path) => Buffer.concat([id, Buffer.of(index >> 8, index & 255, length), path])),
  )
const receipts = fc
  .tuple(bytesOf(RECEIPT_SHARED_BYTES), fc.array(fc.tuple(u32, tail), { minLength: 1, maxLength: 3 }))
  .map(([shared, each]) => each.map(([send, end]) => ({ send, receipt: Buffer.concat([shared, end]) })))

const topic = text.filter((value) => Buffer.byteLength(value) <= 32)
const tap = fc.record({
  tap: u16,
  receiver: bytesOf(32),
  after: u64,
  author: fc.option(bytesOf(32), { nil: undefined }),
  topic: fc.option(topic, { nil: undefined }),
})

/** Any part but those of unknown types. */
export const part: fc.Arbitrary<Exclude<Part, { type: 'unknown' }>> = fc.oneof(
  fc.record({ type: fc.constantFrom('ping' as const, 'move' as const) }),
  fc.record({ type: fc.constant('ack' as const), ack }),
  fc.record({ type: fc.constant('close' as const), reason: fc.constantFrom(...CLOSE_REASONS) }),
  fc.record({ type: fc.constantFrom('path-challenge' as const, 'path-response' as const), data: bytesOf(8) }),
  fc.record({ type: fc.constant('send' as const), send: u32, message: fc.uint8Array({ maxLength: 1100 }) }),
  fc.record({ type: fc.constant('receipt' as const), receipts }),
  fc.record({ type: fc.constant('logged' as const), send: u32 }),
  fc.record({ type: fc.constant('refused' as const), send: u32, code, routerMs: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('busy' as const), send: u32, code, retryAfterMs: u32 }),
  fc.record({ type: fc.constant('tap' as const), tap }),
  fc.record({ type: fc.constant('untap' as const), tap: u16 }),
  fc.record({ type: fc.constant('tap-end' as const), tap: u16, code }),
  fc.record({
    type: fc.constant('deliver' as const),
    tap: u16,
    ordinal: u32,
    total: u32,
    offset: u32,
    piece: fc.uint8Array({ maxLength: 1100 }),
  }),
  fc.record({
    type: fc.constantFrom('delivered' as const, 'behind' as const),
    tap: u16,
    position: u64,
  }),
)
