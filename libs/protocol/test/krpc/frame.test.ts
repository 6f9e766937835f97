import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bencode, type Encodable } from '../../src/bytes/bencode-encode.ts'
import { toHex, utf8 } from '../../src/bytes/bytes.ts'
import { krpcNumber, REFUSAL_CODES } from '../../src/codes.ts'
import { encodeError, encodeQuery, encodeRefusal, encodeReply } from '../../src/krpc/encode.ts'
import { parseFrame } from '../../src/krpc/frame.ts'
import { parseRefusalText } from '../../src/krpc/refusal-text.ts'
import { runs } from '../made.ts'

const T = utf8('abcd')
const ID = Buffer.alloc(20, 0x61)

function parse(frame: Encodable | Buffer) {
  return parseFrame(Buffer.isBuffer(frame) ? frame : bencode(frame))
}

describe('what we send', () => {
  test('a query is read as it was meant, and has the four bytes of version that some insist on', () => {
    const bytes = encodeQuery(T, 'get', { id: ID, target: ID, pad: undefined })
    expect(parseFrame(bytes)).toMatchObject({ ok: true, value: { kind: 'query', method: 'get', readOnly: false } })
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      `d1:ad2:id20:${'a'.repeat(20)}6:target20:${'a'.repeat(20)}e1:q3:get1:t4:abcd1:v4:pm\0\u00011:y1:qe`,
    )
    expect(parseFrame(encodeQuery(T, 'ping', { id: ID }, true))).toMatchObject({ value: { readOnly: true } })
  })

  test('a reply tells the address that it goes to', () => {
    const ip = Buffer.of(192, 0, 2, 1, 0, 80)
    const frame = parseFrame(encodeReply(T, { id: ID }, ip))
    if (!frame.ok || frame.value.kind !== 'reply') throw new Error('it is a reply')
    expect(toHex(frame.value.ip ?? Buffer.of())).toBe('c00002010050')
  })

  test('an error has a number and text', () => {
    expect(parseFrame(encodeError(T, 203, 'no'))).toMatchObject({
      ok: true,
      value: { kind: 'error', code: 203, text: 'no' },
    })
  })

  test.each(REFUSAL_CODES)('the refusal %s is read out of its error again', (code) => {
    const frame = parseFrame(encodeRefusal(T, code, { retryAfterMs: 1_500.2, nowMs: 1_700_000_000_000 }))
    if (!frame.ok || frame.value.kind !== 'error') throw new Error('it is an error')
    expect(frame.value.code).toBe(krpcNumber(code))
    expect(parseRefusalText(frame.value.text)).toEqual({ code, retryAfterMs: 1_501, nowMs: 1_700_000_000_000 })
  })

  test.each(['', 'what', 'Busy', ' busy', 'busy,'])('%j is no refusal of ours', (text) => {
    expect(parseRefusalText(text)).toBeUndefined()
  })

  test.each(['busy retry-after=-1', 'busy retry-after=1e9', 'busy retry-after=', `busy retry-after=${'9'.repeat(16)}`])(
    '%j has no hint that counts',
    (text) => {
      expect(parseRefusalText(text)).toEqual({ code: 'busy', retryAfterMs: undefined, nowMs: undefined })
    },
  )
})

describe('what others send and we tolerate', () => {
  const query = { t: T, y: 'q', q: 'ping', a: { id: ID } }
  test.each<[string, Encodable | Buffer, object]>([
    ['no version', query, { kind: 'query', method: 'ping' }],
    ['a version of another length', { ...query, v: 'x' }, { kind: 'query' }],
    ['unknown keys', { ...query, zz: [1] }, { kind: 'query' }],
    ['an empty transaction id', { ...query, t: '' }, { kind: 'query' }],
    ['a transaction id of 64 bytes', { ...query, t: Buffer.alloc(64) }, { kind: 'query' }],
    ['bytes behind the dict', Buffer.concat([bencode(query), Buffer.from('x\n')]), { kind: 'query' }],
    ['keys out of order', Buffer.from(`d1:y1:q1:t2:aa1:q4:ping1:ad2:id20:${'i'.repeat(20)}ee`), { kind: 'query' }],
    ['a method that nobody knows', { ...query, q: 'shout' }, { method: 'shout' }],
    ['ro that is not 1', { ...query, ro: 2 }, { readOnly: false }],
    ['an error that is no list', { t: T, y: 'e', e: 'no' }, { kind: 'error', code: 0, text: '' }],
    ['an empty error', { t: T, y: 'e', e: [] }, { kind: 'error', code: 0, text: '' }],
    ['no error at all', { t: T, y: 'e' }, { kind: 'error', code: 0, text: '' }],
    ['an error the wrong way round', { t: T, y: 'e', e: ['no', 203] }, { kind: 'error', code: 0, text: '' }],
    ['a long error text', { t: T, y: 'e', e: [201, 'x'.repeat(900)] }, { kind: 'error', text: 'x'.repeat(200) }],
  ])('%s', (_, frame, expected) => {
    const parsed = parse(frame)
    expect(parsed).toMatchObject({ ok: true, value: expected })
  })
})

describe('what gets no answer', () => {
  const query = { t: T, y: 'q', q: 'ping', a: { id: ID } }
  test.each<[string, Encodable | Buffer, string]>([
    ['nothing', Buffer.of(), 'truncated'],
    ['no bencode', Buffer.from('GET / HTTP/1.1'), 'not-bencode'],
    ['a list', [1], 'not-a-dict'],
    ['a number as key', Buffer.from('di1ei2ee'), 'not-bencode'],
    ['a negative length', Buffer.from('d1:t-2:aae'), 'not-bencode'],
    ['a key twice', Buffer.from('d1:t1:a1:t1:be'), 'duplicate-key'],
    ['no transaction id', { y: 'q', q: 'ping', a: { id: ID } }, 'bad-transaction-id'],
    ['a transaction id that is a number', { ...query, t: 1 }, 'bad-transaction-id'],
    ['a transaction id of 65 bytes', { ...query, t: Buffer.alloc(65) }, 'bad-transaction-id'],
    ['no kind', { t: T }, 'bad-kind'],
    ['a kind of two letters', { ...query, y: 'qq' }, 'bad-kind'],
    ['a kind that is a number', { ...query, y: 1 }, 'bad-kind'],
    ['an unknown kind', { ...query, y: 'z' }, 'bad-kind'],
    ['no method', { t: T, y: 'q', a: { id: ID } }, 'bad-method'],
    ['a method of 33 bytes', { ...query, q: 'm'.repeat(33) }, 'bad-method'],
    ['a method that is a list', { ...query, q: [] }, 'bad-method'],
    ['no arguments', { t: T, y: 'q', q: 'ping' }, 'bad-arguments'],
    ['arguments that are text', { ...query, a: 'a' }, 'bad-arguments'],
    ['no id', { ...query, a: {} }, 'bad-id'],
    ['an id of 19 bytes', { ...query, a: { id: Buffer.alloc(19) } }, 'bad-id'],
    ['an id that is a number', { ...query, a: { id: 1 } }, 'bad-id'],
    ['a reply without a body', { t: T, y: 'r' }, 'bad-arguments'],
    ['a reply without an id', { t: T, y: 'r', r: {} }, 'bad-id'],
  ])('%s', (_, frame, fault) => {
    expect(parse(frame)).toEqual({ ok: false, fault })
  })
})

test('whatever comes is read without throwing', () => {
  const whole = Buffer.from(encodeQuery(T, 'get', { id: ID, target: ID, want: ['n4', 'n6'], seq: 5n }))
  const broken = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((changes) => {
      const bytes = Buffer.from(whole)
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), broken), (bytes) => {
      parseFrame(bytes)
    }),
    { numRuns: runs(5_000, 500_000) },
  )
})
