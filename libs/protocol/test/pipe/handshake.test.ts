import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseIp } from '../../src/krpc/ip.ts'
import { Cookies } from '../../src/pipe/cookie.ts'
import {
  encodeHello,
  encodeHelloReply,
  encodeWelcome,
  HELLO_BYTES,
  helloKey,
  parseHello,
  parseHelloReply,
  parseWelcome,
} from '../../src/pipe/handshake.ts'
import { encodeReset, parseReset, RESET_BYTES, ResetTokens } from '../../src/pipe/reset.ts'
import { FRAME_OVERHEAD_BYTES } from '../../src/pipe/sizes.ts'
import { bytesOf, plain, u16 } from '../made.ts'

const KEY = helloKey(Buffer.alloc(32, 9))
const hello = fc.record({ id: bytesOf(8), cookie: bytesOf(16), noise: bytesOf(48) })
const reply = fc.oneof(
  fc.record({ kind: fc.constant('welcome' as const), id: bytesOf(8), noise: bytesOf(74) }),
  fc.record({ kind: fc.constant('cookie' as const), id: bytesOf(8), cookie: bytesOf(16) }),
)

test('a hello has 1200 bytes and comes back as it was; nobody without the pipe key can change a byte of it', () => {
  fc.assert(
    fc.property(hello, fc.nat(HELLO_BYTES - 1), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      const bytes = Buffer.from(encodeHello(value, KEY))
      expect(bytes.length).toBe(1200)
      const back = parseHello(bytes, [helloKey(Buffer.alloc(32, 8)), KEY])
      expect(back.ok && plain(back.value)).toEqual(plain({ ...value, key: 1 }))
      expect(parseHello(bytes, [helloKey(Buffer.alloc(32, 8))]).ok).toBe(false)
      expect(parseHello(bytes.subarray(0, at), [KEY]).ok).toBe(false)
      bytes[at] = (bytes[at] as number) ^ change
      expect(parseHello(bytes, [KEY]).ok).toBe(false)
    }),
    { numRuns: 100 },
  )
})

test('replies, welcomes and resets come back as they were; cut or longer they are faults', () => {
  fc.assert(
    fc.property(reply, fc.record({ id: bytesOf(8), resetToken: bytesOf(16), idleSeconds: u16 }), (value, welcome) => {
      const bytes = encodeHelloReply(value)
      const back = parseHelloReply(bytes)
      expect(back.ok && plain(back.value)).toEqual(plain(value))
      expect(bytes.length).toBeLessThan(HELLO_BYTES)
      const inside = parseWelcome(encodeWelcome(welcome))
      expect(inside.ok && plain(inside.value)).toEqual(plain(welcome))
      const reset = { id: welcome.id, token: welcome.resetToken }
      const ended = parseReset(encodeReset(reset))
      expect(ended.ok && plain(ended.value)).toEqual(plain(reset))
      for (let length = 0; length < bytes.length; length++)
        expect(parseHelloReply(bytes.subarray(0, length)).ok).toBe(false)
      expect(parseHelloReply(Buffer.concat([bytes, Buffer.of(0)])).ok).toBe(false)
      expect(parseReset(encodeReset(reset).subarray(0, RESET_BYTES - 1)).ok).toBe(false)
    }),
    { numRuns: 50 },
  )
})

test('a reset is shorter than any frame', () => {
  expect(RESET_BYTES).toBeLessThan(FRAME_OVERHEAD_BYTES)
})

test('every replica with the secret gives an id the same token', () => {
  const [one, other] = [new ResetTokens(Buffer.alloc(16, 1)), new ResetTokens(Buffer.alloc(16, 2))]
  const id = Buffer.alloc(8, 3)
  expect(one.tokenOf(id)).toEqual(new ResetTokens(Buffer.alloc(16, 1)).tokenOf(id))
  expect(one.tokenOf(id)).not.toEqual(other.tokenOf(id))
  expect(one.tokenOf(id)).not.toEqual(one.tokenOf(Buffer.alloc(8, 4)))
})

test('a cookie is good for its address, for its epoch and the next, and under any of the secrets', () => {
  const [old, recent] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
  const client = { ip: parseIp('192.0.2.1') as Uint8Array, port: 1 }
  const nowMs = 1_000_000_000_000
  const cookie = new Cookies([old]).make(client, nowMs)
  const rotated = new Cookies([recent, old])
  expect(rotated.check(cookie, client, nowMs)).toBe(true)
  expect(rotated.check(cookie, client, nowMs + 120_000)).toBe(true)
  expect(rotated.check(cookie, client, nowMs + 240_000)).toBe(false)
  expect(rotated.check(cookie, { ...client, port: 2 }, nowMs)).toBe(false)
  expect(rotated.check(cookie, { ...client, ip: parseIp('192.0.2.2') as Uint8Array }, nowMs)).toBe(false)
  expect(new Cookies([recent]).check(cookie, client, nowMs)).toBe(false)
})
