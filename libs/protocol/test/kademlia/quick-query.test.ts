import { encodeQuery, parseFrame, queryOf, quickQuery } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf } from './support.ts'

const PLAIN = fc.record({
  method: fc.constantFrom('ping', 'find_node', 'get_peers'),
  id: fc.uint8Array({ minLength: 20, maxLength: 20 }),
  target: fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 }), { nil: undefined }),
  hash: fc.boolean(),
  pad: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
  t: fc.uint8Array({ maxLength: 64 }),
  readOnly: fc.boolean(),
})

test('reads what the full parser reads', () => {
  fc.assert(
    fc.property(PLAIN, ({ method, id, target, hash, pad, t, readOnly }) => {
      const bytes = encodeQuery(t, method, { id, [hash ? 'info_hash' : 'target']: target, pad }, readOnly)
      const quick = quickQuery(bytes)
      const full = parseFrame(bytes)
      if (!quick || !full.ok || full.value.kind !== 'query') throw new Error('not read')
      expect(quick).toEqual({ ...queryOf(full.value), args: undefined })
    }),
  )
})

test('takes nothing that the full parser refuses or reads otherwise', () => {
  const base = encodeQuery(
    bytesOf('t', 4),
    'find_node',
    { id: bytesOf('id'), target: bytesOf('target'), pad: '0123456789' },
    true,
  )
  fc.assert(
    fc.property(fc.nat(base.length - 1), fc.nat(255), fc.nat(3), (at, byte, how) => {
      const bytes = Buffer.from(base)
      if (how === 0) bytes[at] = byte
      const mutated =
        how === 1
          ? bytes.subarray(0, at)
          : how === 2
            ? Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)])
            : how === 3
              ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
              : bytes
      const quick = quickQuery(mutated)
      if (!quick) return
      const full = parseFrame(mutated)
      if (!full.ok || full.value.kind !== 'query') throw new Error('read what is no query')
      expect(quick).toEqual({ ...queryOf(full.value), args: undefined })
    }),
    { numRuns: 20_000 },
  )
})
