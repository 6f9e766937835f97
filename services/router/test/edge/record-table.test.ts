import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordTable } from '../../src/edge/record-table.ts'

function digest(of: string | number): string {
  return createHash('sha256').update(String(of)).digest('binary')
}

test('what was added is found, put together from its parts', () => {
  const table = new RecordTable(10, 10_000)
  table.add(digest(1), 1_800_000_000_123.5, 7, Buffer.from('one'), Buffer.alloc(0), Buffer.from('two'))
  table.add(digest(2), 0, 255)
  expect(table.find(digest(1))).toEqual({
    untilMs: 1_800_000_000_123.5,
    kind: 7,
    bytes: new Uint8Array(Buffer.from('onetwo')),
  })
  expect(table.find(digest(2))).toEqual({ untilMs: 0, kind: 255, bytes: new Uint8Array(0) })
  expect(table.find(digest(3))).toBeUndefined()
})

test('between one and two generations are remembered, whichever limit comes first', () => {
  for (const [records, bytes] of [
    [100, 1 << 20],
    [1_000, 14_400],
  ] as const) {
    const table = new RecordTable(records, bytes) // a record has 43 bytes and 100 of its own
    for (let i = 0; i < 10_000; i++) {
      table.add(digest(i), i, i & 255, Buffer.alloc(100, i))
      for (const back of [0, 50, 99]) {
        if (back <= i) expect(table.find(digest(i - back))?.untilMs).toBe(i - back)
      }
      if (i > 200) expect(table.find(digest(i - 201))).toBeUndefined()
    }
  }
})

test('it answers as a map would, also where digests meet in a slot', () => {
  // few first bytes, so that nearly all slots are contended
  const key = fc.nat(40).map((n) => `\0\0\0${String.fromCharCode(n & 1)}${digest(n).slice(4)}`)
  const step = fc.record({ key, value: fc.uint8Array({ maxLength: 20 }), kind: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new RecordTable(60, 10_000)
      const map = new Map<string, { kind: number; value: Uint8Array }>()
      for (const { key, value, kind } of steps) {
        table.add(key, kind, kind, value)
        map.set(key, { kind, value })
        for (const [known, { kind, value }] of map) {
          expect(table.find(known)).toEqual({ untilMs: kind, kind, bytes: value })
        }
      }
    }),
  )
})

test('a record that no length can say is not kept', () => {
  const table = new RecordTable(10, 1 << 20)
  table.add(digest(1), 1, 1, Buffer.alloc(65_536))
  expect(table.find(digest(1))).toBeUndefined()
})
