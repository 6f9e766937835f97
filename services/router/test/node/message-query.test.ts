import { bencode, encodeContent, encodeMessage, parseFrame, Raw } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MessageQuery, messageQueryOf, quickMessageQuery } from '../../src/node/message-query.ts'
import { AnEdge, msg, query } from '../support/an-edge.ts'

const edge = new AnEdge()
const TOKEN = Buffer.from('8 bytes!')

/** What the general reader makes of a datagram. */
function slow(bytes: Uint8Array): MessageQuery | undefined {
  const frame = parseFrame(bytes)
  if (!frame.ok || frame.value.kind !== 'query' || frame.value.method !== 'msg') return undefined
  const message = messageQueryOf(frame.value)
  return message.ok ? message.value : undefined
}

function plain(message: MessageQuery | undefined) {
  return message && { ...message, payload: Buffer.from(message.payload()).toString('latin1') }
}

test('a plain message as our senders write it is read quickly, and as the general reader reads it', () => {
  const message = edge.message()
  for (const readOnly of ['', '2:roi1e']) {
    for (const pad of ['', '3:pad4:xxxx']) {
      const text = Buffer.from(msg(message, TOKEN)).toString('latin1')
      const bytes = Buffer.from(
        text.replace('1:q3:msg', `1:q3:msg${readOnly}`).replace('4:salt', `${pad}4:salt`),
        'latin1',
      )
      const quick = quickMessageQuery(bytes)
      expect(quick).toBeDefined()
      expect(plain(quick)).toEqual(plain(slow(bytes)))
      expect(quick?.payload()).toEqual(encodeMessage(message))
    }
  }
})

describe('left to the general reader', () => {
  const message = edge.message()
  const { key: k, salt, seq, signature: sig } = message
  const members = { token: TOKEN, k, salt, seq, sig, v: 'hello' }
  test.each([
    ['a dict as value', msg({ ...message, value: encodeContent({ text: 'x', type: 'text/plain' }) }, TOKEN)],
    ['an unknown argument', query('msg', { ...members, extra: 1 })],
    ['a long token', query('msg', { ...members, token: 'nine bytes' })],
    ['a large number', query('msg', { ...members, seq: 2n ** 63n - 1n })],
    [
      'keys out of order',
      Buffer.from(`d1:y1:q${Buffer.from(msg(message, TOKEN)).subarray(1, -7).toString('latin1')}e`, 'latin1'),
    ],
    ['bytes behind the query', Buffer.concat([msg(message, TOKEN), Buffer.from('x')])],
  ])('%s', (_, bytes) => {
    expect(quickMessageQuery(bytes)).toBeUndefined()
    expect(slow(bytes)).toBeDefined()
  })
})

test('whatever is read quickly, the general reader reads the same', () => {
  const base = Buffer.from(msg(edge.message(), TOKEN))
  const lengths = [
    '0:',
    '1:',
    '01:',
    '31:',
    '32:',
    '33:',
    '64:',
    '65:',
    '99:',
    '999:',
    '9999:',
    '-1:',
    'i0e',
    'i-0e',
    'i01e',
  ]
  const scrap = fc.oneof(fc.constantFrom(...lengths), fc.string({ unit: 'binary', maxLength: 4 }))
  const edit = fc.record({ at: fc.nat(base.length), cut: fc.nat(4), scrap })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
      let bytes: Buffer = base
      for (const { at, cut, scrap } of edits) {
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(scrap, 'latin1'), bytes.subarray(at + cut)])
      }
      const quick = quickMessageQuery(bytes)
      if (quick) expect(plain(quick)).toEqual(plain(slow(bytes)))
    }),
    { numRuns: 20_000 },
  )
})

test('messages of every size and topic are read quickly', () => {
  const fields = fc.record({
    salt: fc.uint8Array({ minLength: 32, maxLength: 64 }),
    seq: fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
    value: fc.uint8Array({ maxLength: 1000 }).map((bytes) => bencode(bytes)),
    t: fc.string({ unit: 'binary-ascii', maxLength: 64 }),
  })
  fc.assert(
    fc.property(fields, ({ t, ...given }) => {
      const message = { ...edge.message(), ...given }
      const { key: k, salt, seq, value, signature: sig } = message
      const bytes = query('msg', { token: TOKEN, k, salt, seq, v: new Raw(value), sig }, t)
      const quick = quickMessageQuery(bytes)
      expect(quick).toBeDefined()
      expect(plain(quick)).toEqual(plain(slow(bytes)))
    }),
  )
})
