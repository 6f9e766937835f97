import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openFrame, parseFrameHeader, sealFrame } from '../../src/pipe/frame.ts'
import { FRAME, FRAMES_MAX, PARTS_BYTES_MAX } from '../../src/pipe/sizes.ts'
import { bytesOf } from '../made.ts'

const KEY = Buffer.alloc(32, 1)
const frame = fc.record({
  id: bytesOf(8),
  counter: fc.integer({ min: 0, max: FRAMES_MAX }),
  parts: fc.uint8Array({ minLength: 3, maxLength: PARTS_BYTES_MAX }),
})

test('a frame opens under its key and counter, and not when anything in it was changed', () => {
  fc.assert(
    fc.property(frame, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ id, counter, parts }, place, change) => {
      const bytes = Buffer.from(sealFrame(KEY, { id, counter }, parts))
      expect(bytes[0]).toBe(FRAME)
      expect(bytes.length).toBeLessThanOrEqual(1200)
      const header = parseFrameHeader(bytes)
      expect(header.ok && [...header.value.id]).toEqual([...id])
      expect(header.ok && header.value.counter).toBe(counter)
      expect([...(openFrame(KEY, counter, bytes) ?? [])]).toEqual([...parts])
      expect(openFrame(Buffer.alloc(32, 2), counter, bytes)).toBeUndefined()
      expect(openFrame(KEY, counter + 1, bytes)).toBeUndefined()
      expect(openFrame(KEY, counter, bytes.subarray(0, -1))).toBeUndefined()
      const at = place % bytes.length
      bytes[at] = (bytes[at] as number) ^ change
      expect(openFrame(KEY, counter, bytes)).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})

test('what is too short, too long or counts too far is no frame', () => {
  const bytes = Buffer.from(sealFrame(KEY, { id: Buffer.alloc(8), counter: 0 }, Buffer.alloc(3)))
  expect(parseFrameHeader(bytes).ok).toBe(true)
  expect(parseFrameHeader(bytes.subarray(0, -1))).toEqual({ ok: false, fault: 'bad-length' })
  expect(parseFrameHeader(Buffer.concat([bytes, Buffer.alloc(1472)]))).toEqual({ ok: false, fault: 'bad-length' })
  bytes.writeBigUInt64BE(BigInt(FRAMES_MAX) + 1n, 9)
  expect(parseFrameHeader(bytes)).toEqual({ ok: false, fault: 'bad-counter' })
  bytes.fill(0xff, 9, 17)
  expect(parseFrameHeader(bytes)).toEqual({ ok: false, fault: 'bad-counter' })
})
