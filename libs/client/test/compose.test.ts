import {
  encodeMessage,
  keyPairFromSeed,
  messageId,
  parseContent,
  parseMessage,
  toHex,
  verifyItem,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { composeMessage, SeqClock } from '../src/compose.ts'

const keys = keyPairFromSeed(Buffer.alloc(32, 3))
const receiver = Buffer.alloc(32, 4)
const compose = (draft: Parameters<typeof composeMessage>[0]) => composeMessage(draft, keys, receiver, 1n)

test('a draft becomes a message that its author signed and that reads back', () => {
  const message = compose({ text: 'grüße', topic: 'weather', expires: 2_000_000_000, replyTo: Buffer.alloc(32, 5) })
  expect(verifyItem(message)).toBe(true)
  expect(parseMessage(encodeMessage(message))).toMatchObject({ ok: true })
  expect(parseContent(message)).toMatchObject({
    ok: true,
    value: { text: 'grüße', topic: 'weather', expires: 2_000_000_000, type: 'text/plain' },
  })
})

test.each([
  ['a topic beyond 32 bytes', { text: 'x', topic: 'ü'.repeat(17) }, /topic has 34 bytes/],
  ['U+0000 in the text', { text: 'a\0b' }, /U\+0000/],
  ['a text body that is not UTF-8', { body: Buffer.of(0xff, 0xfe) }, /not UTF-8/],
  ['two bodies', { text: 'a', body: Buffer.of(1) }, /not both/],
  ['a type of two lines', { text: 'a', type: 'text/plain\nx' }, /printable ASCII/],
  ['a short id', { text: 'a', replyTo: Buffer.alloc(31) }, /64 hex digits/],
  ['an expiry beyond the year 9999', { text: 'a', expires: 253_402_300_800 }, /expiry/],
  ['nothing at all', {}, /no router/],
])('%s is told before anything is sent', (_, draft, why) => {
  expect(() => compose(draft)).toThrow(why)
})

test('the clock never repeats, though time stands still or goes back', () => {
  const times = [5, 5, 3, 6]
  const clock = new SeqClock(() => times.shift() ?? 6)
  const seqs = Array.from({ length: 6 }, () => clock.next())
  expect(seqs).toEqual([5_000n, 5_001n, 5_002n, 6_000n, 6_001n, 6_002n])
  const ids = seqs.map((seq) => toHex(messageId(composeMessage({ text: 'same' }, keys, receiver, seq))))
  expect(new Set(ids).size).toBe(6)
})
