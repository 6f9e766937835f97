import { expect, test } from 'vitest'
import { toHex } from '../../src/bytes/bytes.ts'
import { open, seal, TAG_BYTES } from '../../src/pipe/aead.ts'
import { dhKeys, NoiseInitiator, NoiseResponder, type Split } from '../../src/pipe/noise.ts'
import vector from '../vectors/noise.json' with { type: 'json' }

const hex = (text: string) => Buffer.from(text, 'hex')
const NOTHING = new Uint8Array(0)

function bothSides() {
  const responderKeys = dhKeys(hex(vector.resp_static))
  const initiator = new NoiseInitiator(
    dhKeys(hex(vector.init_ephemeral)),
    hex(vector.init_remote_static),
    hex(vector.init_prologue),
  )
  return { initiator, responder: new NoiseResponder(responderKeys, hex(vector.resp_prologue)), responderKeys }
}

test('a published NK conversation comes out byte for byte', () => {
  const { initiator, responder, responderKeys } = bothSides()
  expect(toHex(responderKeys.publicKey)).toBe(vector.init_remote_static)
  const [first, second, ...rest] = vector.messages.map(({ payload, ciphertext }) => ({
    payload: hex(payload),
    ciphertext,
  }))
  if (!first || !second) throw new Error('the vector has two handshake messages')

  const one = initiator.write(first.payload)
  expect(toHex(one ?? NOTHING)).toBe(first.ciphertext)
  expect(responder.read(one ?? NOTHING)).toEqual(first.payload)
  expect(toHex(responder.handshakeHash)).toBe(vector.hash_after_first)
  const two = responder.write(dhKeys(hex(vector.resp_ephemeral)), second.payload)
  expect(toHex(two ?? NOTHING)).toBe(second.ciphertext)
  expect(initiator.read(two ?? NOTHING)).toEqual(second.payload)
  expect(toHex(initiator.handshakeHash)).toBe(vector.handshake_hash)
  expect(toHex(responder.handshakeHash)).toBe(vector.handshake_hash)

  const [ours, theirs]: Split[] = [initiator.split(), responder.split()]
  expect(ours).toEqual(theirs)
  rest.forEach(({ payload, ciphertext }, i) => {
    const key = i % 2 === 0 ? ours?.fromInitiator : ours?.fromResponder
    const sealed = Buffer.alloc(payload.length + TAG_BYTES)
    seal(key ?? NOTHING, Math.floor(i / 2), NOTHING, payload, sealed)
    expect(toHex(sealed)).toBe(ciphertext)
    expect(open(key ?? NOTHING, Math.floor(i / 2), NOTHING, sealed)).toEqual(payload)
  })
})

test('another prologue, another key, a changed byte or a cut message is not accepted', () => {
  const first = bothSides().initiator.write(NOTHING) ?? NOTHING
  const keys = dhKeys(hex(vector.resp_static))
  expect(new NoiseResponder(keys, hex('00')).read(first)).toBeUndefined()
  expect(new NoiseResponder(dhKeys(Buffer.alloc(32, 7)), hex(vector.resp_prologue)).read(first)).toBeUndefined()
  for (let length = 0; length < first.length; length++) {
    expect(bothSides().responder.read(first.subarray(0, length))).toBeUndefined()
    const changed = Buffer.from(first)
    changed[length] = (changed[length] as number) ^ 1
    expect(bothSides().responder.read(changed)).toBeUndefined()
  }
})

test('points of low order are refused', () => {
  const zero = Buffer.alloc(48)
  expect(bothSides().responder.read(zero)).toBeUndefined()
  expect(new NoiseInitiator(dhKeys(Buffer.alloc(32, 1)), Buffer.alloc(32), NOTHING).write(NOTHING)).toBeUndefined()
})

test('nonces beyond 32 bits differ from those below', () => {
  const key = Buffer.alloc(32, 5)
  const sealed = Buffer.alloc(TAG_BYTES + 1)
  seal(key, 2 ** 32 + 1, NOTHING, Buffer.of(1), sealed)
  expect(open(key, 1, NOTHING, sealed)).toBeUndefined()
  expect(open(key, 2 ** 32 + 1, NOTHING, sealed)).toEqual(Buffer.of(1))
})
