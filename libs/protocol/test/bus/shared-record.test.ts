import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  encodeSharedRecord,
  encodeSnapshotPart,
  parseSharedRecord,
  parseSnapshotPart,
  snapshotParts,
} from '../../src/bus/shared-record.ts'
import { toHex } from '../../src/bytes/bytes.ts'
import { encodeReplicaRecord, type ReplicaRecord } from '../../src/kademlia/replica-record.ts'

const asHex = (record: ReplicaRecord) => toHex(encodeReplicaRecord(record))

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const receivedMs = fc.nat(2_000_000_000_000)
const value = fc.uint8Array({ minLength: 1, maxLength: 1000 })
const item = fc.oneof(
  fc.record({ value }),
  fc.record({
    key: bytes(32),
    signature: bytes(64),
    seq: fc.bigInt(0n, (1n << 63n) - 1n),
    salt: fc.uint8Array({ maxLength: 64 }),
    value,
  }),
)
const record: fc.Arbitrary<ReplicaRecord> = fc.oneof(
  fc.record({ kind: fc.constant('item' as const), receivedMs, item }),
  fc.record({
    kind: fc.constant('peer' as const),
    receivedMs,
    infoHash: bytes(20),
    address: fc.record({ ip: bytes(16), port: fc.nat(65_535) }),
  }),
)

test('what one router tells of is what the others read', () => {
  fc.assert(
    fc.property(bytes(8), record, (incarnation, record) => {
      const parsed = parseSharedRecord(encodeSharedRecord({ incarnation, record }))
      if (!parsed.ok) throw new Error(parsed.fault)
      expect(toHex(parsed.value.incarnation)).toBe(toHex(incarnation))
      expect(asHex(parsed.value.record)).toBe(asHex(record))
    }),
  )
})

test('a snapshot holds everything once, in the same order, in parts that the bus takes', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 300 }), fc.nat(10), (some, times) => {
      const records = Array.from({ length: times }, () => some).flat()
      const read = [...snapshotParts(records)].flatMap((part) => {
        const encoded = encodeSnapshotPart(part)
        expect(part.length).toBeGreaterThan(0)
        expect(encoded.length).toBeLessThan(128 << 10)
        const parsed = parseSnapshotPart(encoded)
        if (!parsed.ok) throw new Error(parsed.fault)
        return parsed.value
      })
      expect(read.map(asHex)).toEqual(records.map(asHex))
    }),
    { numRuns: 30 },
  )
  const peer = { kind: 'peer', receivedMs: 1, infoHash: Buffer.alloc(20), address: { ip: Buffer.alloc(16), port: 1 } }
  const many = Array.from({ length: 10_000 }, () => peer as ReplicaRecord)
  expect([...snapshotParts(many)].flat()).toHaveLength(many.length)
})

test('anything else is a fault, never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(parseSharedRecord(bytes).ok).toBe(false)
      const part = parseSnapshotPart(bytes)
      expect(part.ok && part.value.length > 0).toBe(false)
    }),
  )
})
