// That both ends say, byte for byte, what another implementation says from the same keys.
import { expect, test } from 'vitest'
import { toHex } from '../../src/bytes/bytes.ts'
import { sealFrame } from '../../src/pipe/frame.ts'
import {
  encodeHello,
  encodeHelloReply,
  encodeWelcome,
  HELLO_BYTES,
  helloKey,
  NO_COOKIE,
  prologueOf,
} from '../../src/pipe/handshake.ts'
import { dhKeys, NoiseInitiator, NoiseResponder } from '../../src/pipe/noise.ts'
import { encodePart } from '../../src/pipe/parts.ts'
import vectors from '../vectors/pipe.json' with { type: 'json' }

const hex = (text: string) => Buffer.from(text, 'hex')
const [clientId, routerId, resetToken] = [hex(vectors.clientId), hex(vectors.routerId), hex(vectors.resetToken)]
const router = dhKeys(hex(vectors.routerSecret))
const nothing = Buffer.alloc(0)

test('hello, welcome and the first frames of docs/pipe.md', () => {
  expect(toHex(router.publicKey)).toBe(vectors.pipeKey)
  const initiator = new NoiseInitiator(dhKeys(hex(vectors.clientEphemeral)), router.publicKey, prologueOf(clientId))
  const first = initiator.write(nothing) ?? nothing
  expect(toHex(first)).toBe(vectors.helloNoise)
  const hello = encodeHello({ id: clientId, cookie: NO_COOKIE, noise: first }, helloKey(router.publicKey))
  const head = `f801${vectors.clientId}${toHex(NO_COOKIE)}${vectors.helloNoise}`
  expect(toHex(hello)).toBe(`${head.padEnd(2 * (HELLO_BYTES - 16), '0')}${vectors.mac1}`)

  const responder = new NoiseResponder(router, prologueOf(clientId))
  expect(responder.read(first)).toEqual(nothing)
  const payload = encodeWelcome({ id: routerId, resetToken, idleSeconds: 60 })
  const noise = responder.write(dhKeys(hex(vectors.routerEphemeral)), payload) ?? nothing
  expect(toHex(encodeHelloReply({ kind: 'welcome', id: clientId, noise }))).toBe(vectors.welcome)
  expect(initiator.read(noise)).toEqual(payload)

  for (const keys of [initiator.split(), responder.split()]) {
    expect([toHex(keys.fromInitiator), toHex(keys.fromResponder)]).toEqual([vectors.clientKey, vectors.routerKey])
    const ping = sealFrame(keys.fromInitiator, { id: routerId, counter: 0 }, encodePart({ type: 'ping' }))
    expect(toHex(ping)).toBe(vectors.ping)
    const ack = encodePart({ type: 'ack', ack: { delayMs: 25, ranges: [{ first: 0, last: 0 }] } })
    expect(toHex(sealFrame(keys.fromResponder, { id: clientId, counter: 0 }, ack))).toBe(vectors.ack)
  }
})
