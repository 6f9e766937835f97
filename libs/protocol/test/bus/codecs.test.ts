import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeAnnouncement, parseAnnouncement } from '../../src/bus/announcement.ts'
import { archiveQuery } from '../../src/bus/archive-query.ts'
import { blockPublishId, encodeBlock, parseBlock } from '../../src/bus/block.ts'
import { countQuery } from '../../src/bus/count-query.ts'
import { DIALECTS } from '../../src/bus/envelope.ts'
import { encodePack, formatPackId, parsePack } from '../../src/bus/pack.ts'
import { authorQuery, feedQuery, messageQuery, QUERIES, statsQuery, traceQuery } from '../../src/bus/queries.ts'
import { encodeRefusals, parseRefusals } from '../../src/bus/refusal.ts'
import { committed, edge, messages, refused as refusedSubject, verdicts } from '../../src/bus/subjects.ts'
import { encodeVerdicts, parseVerdicts } from '../../src/bus/verdict.ts'
import { PACK_BYTES_MAX, PACK_ENVELOPES_MAX, PAGE_ROWS_MAX } from '../../src/limits.ts'
import type { Parsed } from '../../src/parsed.ts'
import { code, envelope, id, packId, packIndex, plain, runs, safe, text, u16, u32, u64 } from '../made.ts'

const listOf = <T>(item: fc.Arbitrary<T>, maxLength = 4) => fc.array(item, { maxLength })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const refused = fc.record({ packIndex, code })
const row = fc.record({
  position: u64,
  id,
  receivedMs: safe,
  storedMs: safe,
  dialect: fc.constantFrom(...DIALECTS),
  message: fc.uint8Array({ maxLength: 60 }),
})
const removed = fc.boolean()
const range = fc.record({ after: u64, until: u64 })
const reply = <T>(answer: fc.Arbitrary<T>) =>
  fc.oneof(fc.record({ ok: fc.constant(true as const), answer }), fc.record({ ok: fc.constant(false as const), code }))

type Format = Readonly<{
  encode: (value: never) => Uint8Array
  parse: (bytes: Uint8Array) => Parsed<unknown>
  values: fc.Arbitrary<unknown>
}>

/** Everything that travels on the bus in our own bytes. */
const FORMATS: Record<string, Format> = {
  pack: {
    encode: encodePack,
    parse: parsePack,
    values: fc.record({ id: packId, envelopes: listOf(envelope) }),
  },
  block: {
    encode: encodeBlock,
    parse: parseBlock,
    values: fc.record({
      packId,
      partition: u16,
      accepted: listOf(fc.record({ packIndex, id, envelope })),
      refused: listOf(refused),
    }),
  },
  verdicts: {
    encode: encodeVerdicts,
    parse: parseVerdicts,
    values: fc.record({
      packId,
      accepted: listOf(fc.record({ packIndex, id, receipt: fc.uint8Array({ maxLength: 60 }) })),
      refused: listOf(refused),
    }),
  },
  refusals: {
    encode: encodeRefusals,
    parse: parseRefusals,
    values: listOf(fc.record({ time: safe, code, count: u32, digest: maybe(id), id: maybe(id), receiver: maybe(id) })),
  },
  announcement: {
    encode: encodeAnnouncement,
    parse: parseAnnouncement,
    values: fc.record({ prev: u64, last: u64, rows: maybe(listOf(row)) }),
  },
  'feed question': {
    encode: feedQuery.encode,
    parse: feedQuery.parse,
    values: fc.record({
      receiver: id,
      before: maybe(u64),
      after: maybe(u64),
      limit: fc.integer({ min: 1, max: PAGE_ROWS_MAX }),
      author: maybe(id),
      topic: maybe(text),
      replyTo: maybe(id),
      search: maybe(text),
    }),
  },
  'feed answer': {
    encode: feedQuery.encodeReply,
    parse: feedQuery.parseReply,
    values: reply(
      fc.record({ rows: listOf(row), more: fc.boolean(), reached: maybe(u64), applied: u64, revision: u64 }),
    ),
  },
  'archive question': {
    encode: archiveQuery.encode,
    parse: archiveQuery.parse,
    values: fc.record({ receiver: id, range: maybe(range) }),
  },
  'archive answer': {
    encode: archiveQuery.encodeReply,
    parse: archiveQuery.parseReply,
    values: reply(fc.record({ older: maybe(range), newer: maybe(range), applied: u64 })),
  },
  'count question': {
    encode: countQuery.encode,
    parse: countQuery.parse,
    values: fc.record({ receiver: id, author: maybe(id), topic: maybe(text), replyTo: maybe(id) }),
  },
  'count answer': {
    encode: countQuery.encodeReply,
    parse: countQuery.parseReply,
    values: reply(fc.record({ messages: safe, more: fc.boolean(), applied: u64 })),
  },
  'message question': { encode: messageQuery.encode, parse: messageQuery.parse, values: id },
  'message answer': {
    encode: messageQuery.encodeReply,
    parse: messageQuery.parseReply,
    values: reply(fc.record({ row: maybe(row), receiver: maybe(id), applied: u64 })),
  },
  'trace question': { encode: traceQuery.encode, parse: traceQuery.parse, values: id },
  'trace answer': {
    encode: traceQuery.encodeReply,
    parse: traceQuery.parseReply,
    values: reply(
      fc.record({
        stored: maybe(fc.record({ position: u64, receivedMs: safe, acceptedMs: maybe(safe), storedMs: safe, removed })),
        refused: maybe(fc.record({ code, timeMs: safe })),
        applied: u64,
      }),
    ),
  },
  'author question': {
    encode: authorQuery.encode,
    parse: authorQuery.parse,
    values: fc.record({ receiver: id, author: id }),
  },
  'author answer': {
    encode: authorQuery.encodeReply,
    parse: authorQuery.parseReply,
    values: reply(fc.record({ name: text, about: text, messages: safe, applied: u64 })),
  },
  'stats question': { encode: statsQuery.encode, parse: statsQuery.parse, values: id },
  'stats answer': {
    encode: statsQuery.encodeReply,
    parse: statsQuery.parseReply,
    values: reply(
      fc.record({ messages: safe, lastPosition: u64, partitions: listOf(fc.record({ partition: u16, applied: u64 })) }),
    ),
  },
}

describe.each(Object.entries(FORMATS))('%s', (_, { encode, parse, values }) => {
  test('comes back as it went', () => {
    fc.assert(
      fc.property(values, (value) => {
        const read = parse(encode(value as never))
        if (!read.ok) throw new Error(read.fault)
        expect(plain(read.value)).toEqual(plain(value))
      }),
      { numRuns: runs(100, 5_000) },
    )
  })

  test('cut at any byte, or with a byte behind it, is a fault', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value as never)
        for (let length = 0; length < bytes.length; length++) expect(parse(bytes.subarray(0, length)).ok).toBe(false)
        expect(parse(Buffer.concat([bytes, Buffer.of(0)])).ok).toBe(false)
      }),
      { numRuns: runs(20, 500) },
    )
  })

  test('of another version is a fault', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 255 }), (value, version) => {
        const bytes = Buffer.from(encode(value as never))
        fc.pre(bytes[0] !== version)
        bytes[0] = version
        expect(parse(bytes).ok).toBe(false)
      }),
      { numRuns: 20 },
    )
  })

  test('broken, or any bytes at all, never throws, and what is taken is read whole', () => {
    const broken = fc.tuple(values, listOf(fc.tuple(fc.nat(), fc.nat(255)), 3)).map(([value, changes]) => {
      const bytes = Buffer.from(encode(value as never))
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(broken, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const read = parse(bytes)
        if (read.ok) expect(encode(read.value as never)).toHaveLength(bytes.length)
      }),
      { numRuns: runs(300, 20_000) },
    )
  })
})

describe('bounds', () => {
  const anEnvelope = { receivedMs: 1, dialect: 'krpc' as const, payload: Buffer.of(1) }
  const anId = { incarnation: Buffer.alloc(8, 0xab), counter: 12 }
  const envelopes = (length: number) => Array.from({ length }, () => anEnvelope)

  test('a pack has at most 64 envelopes', () => {
    expect(parsePack(encodePack({ id: anId, envelopes: envelopes(PACK_ENVELOPES_MAX) })).ok).toBe(true)
    const over = encodePack({ id: anId, envelopes: envelopes(PACK_ENVELOPES_MAX + 1) })
    expect(parsePack(over)).toEqual({ ok: false, fault: 'bad-pack' })
  })

  test('a full pack of the largest payloads fits where it must', () => {
    const payload = Buffer.alloc(PACK_BYTES_MAX)
    const bytes = encodePack({ id: anId, envelopes: [{ ...anEnvelope, payload }] })
    const read = parsePack(bytes)
    expect(read.ok && read.value.envelopes[0]?.payload.length).toBe(PACK_BYTES_MAX)
  })

  test('a feed is asked for 1 to 200 rows', () => {
    const question = {
      receiver: Buffer.alloc(32),
      before: undefined,
      after: undefined,
      author: undefined,
      topic: undefined,
      replyTo: undefined,
      search: undefined,
    }
    for (const [limit, ok] of [
      [0, false],
      [1, true],
      [PAGE_ROWS_MAX, true],
      [PAGE_ROWS_MAX + 1, false],
    ] as const) {
      expect(feedQuery.parse(feedQuery.encode({ ...question, limit })).ok).toBe(ok)
    }
    const long = { ...question, limit: 1, search: 'x'.repeat(1_025) }
    expect(feedQuery.parse(feedQuery.encode(long)).ok).toBe(false)
    expect(feedQuery.parse(feedQuery.encode({ ...long, search: 'a\0b' })).ok).toBe(false)
  })

  test('a code that no version of ours has is a fault, not another code', () => {
    const bytes = Buffer.from(encodeVerdicts({ packId: anId, accepted: [], refused: [{ packIndex: 0, code: 'busy' }] }))
    bytes[bytes.length - 1] = 200
    expect(parseVerdicts(bytes)).toEqual({ ok: false, fault: 'bad-verdicts' })
    for (const query of QUERIES) expect(query.parseReply(Buffer.of(1, 1, 200)).ok).toBe(false)
  })
})

test('names on the bus', () => {
  const anId = { incarnation: Buffer.from('0123456789abcdef', 'hex'), counter: 12 }
  expect(formatPackId(anId)).toBe('0123456789abcdef-12')
  expect(blockPublishId(anId, 3)).toBe('0123456789abcdef-12.3')
  const subjects = [edge, refusedSubject, messages.of(3), committed.of(3), verdicts.of(anId.incarnation)]
  expect(subjects.map(({ name }) => name)).toEqual([
    'edge.v1',
    'refused.v1',
    'messages.v1.3',
    'committed.v1.3',
    'verdicts.v1.0123456789abcdef',
  ])
  expect(QUERIES.map(({ name }) => name)).toEqual(
    ['feed', 'archive', 'count', 'message', 'trace', 'author', 'stats'].map((name) => `store.v1.${name}`),
  )
})
