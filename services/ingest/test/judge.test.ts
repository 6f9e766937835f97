import { AGE_MS_MAX_DEFAULT, DIALECTS, encodeMessage, OPEN_POLICY, type Policy, toHex, utf8 } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judge } from '../src/judge.ts'
import { AUTHOR, aMessage, anEnvelope, forged, RECEIVED_MS, RECEIVER } from './made.ts'

const MINUTE_MS = 60_000

function rules(given: { policy?: Policy; signable?: boolean } = {}) {
  const host = { policy: OPEN_POLICY, signable: true, ...given }
  return {
    host: (key: Uint8Array) => (toHex(key) === toHex(RECEIVER.publicKey) ? host : undefined),
    maxAgeMs: AGE_MS_MAX_DEFAULT,
  }
}

function codeOf(envelope = anEnvelope(), given = rules()): string | undefined {
  return judge(envelope, given).code
}

const author = toHex(AUTHOR.publicKey)

describe('a message', () => {
  test('that is as it should be is passed on to have its signature checked', () => {
    const message = aMessage()
    expect(judge(anEnvelope(message), rules())).toMatchObject({ code: undefined, message: { seq: message.seq } })
  })

  test('with a wrong signature is passed on too: that is not for the judge to say', () => {
    expect(codeOf(anEnvelope(forged(aMessage())))).toBeUndefined()
  })

  test.each([
    ['no bencode', utf8('hello'), 'malformed'],
    ['bytes behind it', Buffer.concat([encodeMessage(aMessage()), Buffer.of(0)]), 'malformed'],
    [
      'a topic that is no text',
      encodeMessage({ ...aMessage(), salt: Buffer.concat([RECEIVER.publicKey, Buffer.of(0xff)]) }),
      'malformed',
    ],
    ['a body that is no text', aMessage({ body: Buffer.of(0xff) }), 'malformed'],
    ['another receiver', { ...aMessage(), salt: AUTHOR.publicKey }, 'unknown-receiver'],
  ])('with %s is refused', (_, message, code) => {
    expect(codeOf(anEnvelope(message))).toBe(code)
  })
})

describe('size', () => {
  const bytes = (length: number) => aMessage({ text: 'x'.repeat(length) })
  test.each([
    ['krpc', 896, undefined], // with "896:" before it 900 bytes of v
    ['krpc', 897, 'too-large'],
    ['pipe', 897, 'too-large'],
    ['http', 897, undefined],
    ['http', 65_530, undefined],
    ['http', 65_531, 'too-large'],
    ['import', 65_530, undefined],
  ] as const)('over %s, %i bytes of text: %s', (dialect, length, code) => {
    expect(codeOf(anEnvelope(bytes(length), { dialect }))).toBe(code)
  })
})

describe("the sender's clock against the router's", () => {
  test.each([
    [15 * MINUTE_MS, undefined],
    [15 * MINUTE_MS + 1, 'future'],
    [-AGE_MS_MAX_DEFAULT, undefined],
    [-AGE_MS_MAX_DEFAULT - 1, 'too-old'],
  ])('off by %i ms: %s', (offMs, code) => {
    expect(codeOf(anEnvelope(aMessage({ text: 'when' }, { seqMs: RECEIVED_MS + offMs })))).toBe(code)
  })

  test('an import may be as old as it likes, but not of the future', () => {
    expect(codeOf(anEnvelope(aMessage({ text: 'old' }, { seqMs: 0 }), { dialect: 'import' }))).toBeUndefined()
    const ahead = aMessage({ text: 'new' }, { seqMs: RECEIVED_MS * 2 })
    expect(codeOf(anEnvelope(ahead, { dialect: 'import' }))).toBe('future')
  })

  test.each([
    [-1, 'expired'],
    [0, undefined],
    [1, undefined],
  ])('expiring %i s after it was received: %s', (seconds, code) => {
    expect(codeOf(anEnvelope(aMessage({ text: 'x', expires: RECEIVED_MS / 1000 + seconds })))).toBe(code)
  })
})

describe('policy', () => {
  test('blocks, allows, and blocks what it allows', () => {
    const [me, nobody, other] = [new Set([author]), new Set<string>(), new Set(['00'.repeat(32)])]
    expect(codeOf(anEnvelope(), rules({ policy: { allow: null, block: me } }))).toBe('blocked')
    expect(codeOf(anEnvelope(), rules({ policy: { allow: nobody, block: nobody } }))).toBe('not-allowed')
    expect(codeOf(anEnvelope(), rules({ policy: { allow: other, block: nobody } }))).toBe('not-allowed')
    expect(codeOf(anEnvelope(), rules({ policy: { allow: me, block: other } }))).toBeUndefined()
    expect(codeOf(anEnvelope(), rules({ policy: { allow: me, block: me } }))).toBe('blocked')
  })

  test('a final reason comes before `unavailable`, which would have the sender try again', () => {
    const unsignable = rules({ signable: false })
    expect(codeOf(anEnvelope(), unsignable)).toBe('unavailable')
    expect(codeOf(anEnvelope(aMessage({ text: 'old' }, { seqMs: 0 })), unsignable)).toBe('too-old')
  })
})

test('whatever comes is judged, without throwing', () => {
  const template = encodeMessage(aMessage({ text: 'hello', expires: 2_000_000_000, type: 'text/plain' }))
  const mutated = fc
    .array(fc.tuple(fc.nat(template.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((changes) => {
      const bytes = Buffer.from(template)
      for (const [at, value] of changes) bytes[at] = value
      return bytes
    })
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated),
      fc.maxSafeNat(),
      fc.constantFrom(...DIALECTS),
      (payload, receivedMs, dialect) => {
        judge({ payload, receivedMs, dialect }, rules())
      },
    ),
    { numRuns: process.env.P2PMSG_LONG ? 200_000 : 5_000 },
  )
})
