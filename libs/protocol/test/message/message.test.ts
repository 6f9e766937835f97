import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bencode, Raw } from '../../src/bytes/bencode-encode.ts'
import { toHex, utf8 } from '../../src/bytes/bytes.ts'
import { signedBytes, signItem, verifyItem } from '../../src/message/item.ts'
import {
  encodeMessage,
  type Message,
  messageDigest,
  messageId,
  parseMessage,
  receiverOf,
  saltOf,
  topicOf,
} from '../../src/message/message.ts'
import { AUTHOR, RECEIVER, runs } from '../made.ts'

function aMessage(value = bencode('hello'), topic = 'news'): Message {
  return signItem(AUTHOR, { salt: saltOf(RECEIVER.publicKey, utf8(topic)), seq: 1_700_000_000_000_001n, value })
}

test('a message comes back as it went, byte for byte', () => {
  const message = aMessage()
  const bytes = encodeMessage(message)
  const read = parseMessage(bytes)
  if (!read.ok) throw new Error(read.fault)
  expect(toHex(encodeMessage(read.value))).toBe(toHex(bytes))
  expect(verifyItem(read.value)).toBe(true)
  expect(toHex(receiverOf(read.value))).toBe(toHex(RECEIVER.publicKey))
  expect(Buffer.from(topicOf(read.value)).toString()).toBe('news')
  expect(messageId(read.value)).toEqual(messageId(message))
})

test('the id is the hash of key and signed bytes, as DESIGN has it', () => {
  const message = aMessage()
  const salt = Buffer.concat([RECEIVER.publicKey, Buffer.from('news')])
  const signed = Buffer.concat([
    Buffer.from(`4:salt${salt.length}:`),
    salt,
    Buffer.from('3:seqi1700000000000001e1:v5:hello'),
  ])
  expect(Buffer.compare(signedBytes(message), signed)).toBe(0)
  const hash = createHash('sha256').update(AUTHOR.publicKey).update(signed)
  expect(toHex(messageId(message))).toBe(hash.digest('hex'))
})

test('the id leaves the signature out, the digest does not', () => {
  const message = aMessage()
  const forged = { ...message, signature: Buffer.alloc(64, 9) }
  expect(messageId(forged)).toEqual(messageId(message))
  expect(messageDigest(encodeMessage(forged))).not.toEqual(messageDigest(encodeMessage(message)))
})

describe('what is no message', () => {
  const message = aMessage()
  const { key: k, salt, seq, signature: sig } = message
  const v = new Raw(message.value)
  test.each([
    ['nothing', Buffer.of()],
    ['no dict', bencode('hello')],
    ['one member more', bencode({ k, salt, seq, sig, v, x: 1 })],
    ['one member less', bencode({ k, salt, seq, sig })],
    ['a salt too short to name a receiver', bencode({ k, salt: Buffer.alloc(31), seq, sig, v })],
    ['a v that is a number', bencode({ k, salt, seq, sig, v: 1 })],
    ['a v that is a list', bencode({ k, salt, seq, sig, v: [] })],
    ['bytes behind it', Buffer.concat([encodeMessage(message), Buffer.of(0x65)])],
    ['a v with its keys out of order', bencode({ k, salt, seq, sig, v: new Raw(utf8('d1:bi1e1:ai1ee')) })],
    ['members out of order', Buffer.from(encodeMessage(message)).fill('z', 1, 4)],
  ])('%s', (_, bytes) => {
    expect(parseMessage(bytes)).toEqual({ ok: false, fault: 'malformed' })
  })

  test('a salt too long has a fault of its own, as BEP 44 has a number for it', () => {
    expect(parseMessage(bencode({ k, salt: Buffer.alloc(65), seq, sig, v }))).toEqual({
      ok: false,
      fault: 'salt-too-long',
    })
  })
})

test('every length of every member is taken or refused, never thrown on', () => {
  const length = fc.integer({ min: 0, max: 80 })
  fc.assert(
    fc.property(length, length, length, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (k, salt, sig, seq) => {
      const bytes = bencode({ k: Buffer.alloc(k), salt: Buffer.alloc(salt), seq, sig: Buffer.alloc(sig), v: '' })
      expect(parseMessage(bytes).ok).toBe(k === 32 && salt >= 32 && salt <= 64 && sig === 64 && seq >= 0n)
    }),
    { numRuns: runs(2_000, 100_000) },
  )
})

test('a broken message never throws, and what is still taken has the bytes it came in', () => {
  const good = encodeMessage(aMessage(bencode({ b: 'hello', t: 'text/plain', x: 1_800_000_000 })))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = Buffer.from(good)
      for (const [at, byte] of changes) bytes[at] = byte
      const read = parseMessage(bytes)
      if (read.ok) expect(Buffer.compare(encodeMessage(read.value), bytes)).toBe(0)
    }),
    { numRuns: runs(5_000, 500_000) },
  )
})
