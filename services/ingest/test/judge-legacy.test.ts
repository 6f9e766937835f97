import { generateKeyPairSync } from 'node:crypto'
import {
  AGE_MS_MAX_DEFAULT,
  encodeLegacyMessage,
  encodeTelex,
  identify,
  legacyAuthor,
  legacySignals,
  OPEN_POLICY,
  type Policy,
  parseTelex,
  type RsaKeys,
  signDelegation,
  toHex,
  UNIX_SECONDS_MAX,
} from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { judgeLegacy } from '../src/judge-legacy.ts'
import { judgePack } from '../src/judge-pack.ts'
import { Receiver } from '../src/receivers.ts'
import { anEnvelope, RECEIVER } from './made.ts'

function freshKeys(): RsaKeys {
  const { n, d } = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export({ format: 'jwk' })
  const number = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
  return { n: number(n), d: number(d) }
}

const KEYS = freshKeys()

function legacy(signals = legacySignals('hello from 2011', KEYS), receiver: Uint8Array = RECEIVER.publicKey) {
  const telex = parseTelex(encodeTelex({ hop: 1 }, signals))
  if (!telex.ok) throw new Error(telex.fault)
  return anEnvelope(encodeLegacyMessage(receiver, telex.value), { dialect: 'telex' })
}

function rules(given: { policy?: Policy; signable?: boolean } = {}) {
  const host = { policy: OPEN_POLICY, signable: true, ...given }
  return {
    host: (key: Uint8Array) => (toHex(key) === toHex(RECEIVER.publicKey) ? host : undefined),
    maxAgeMs: AGE_MS_MAX_DEFAULT,
  }
}

describe('a message of 2011', () => {
  test('with a valid signature is accepted under the id that the log’s readers give it', () => {
    const envelope = legacy()
    const { code, id } = judgeLegacy(envelope, rules())
    expect(code).toBeUndefined()
    expect(id).toEqual(identify({ ...envelope, bytes: envelope.payload })?.id)
  })

  test('is refused for what is wrong with it', () => {
    const author = toHex(legacyAuthor(KEYS.n))
    expect(judgeLegacy(legacy(legacySignals('x', KEYS).replace('"x"', '"y"')), rules()).code).toBe('bad-signature')
    expect(judgeLegacy(legacy('"+key":"zz","+sig":"1","+message":"x"'), rules()).code).toBe('malformed')
    expect(judgeLegacy(legacy(undefined, Buffer.alloc(32)), rules()).code).toBe('unknown-receiver')
    const blocked = { allow: null, block: new Set([author]) }
    expect(judgeLegacy(legacy(), rules({ policy: blocked })).code).toBe('blocked')
    expect(judgeLegacy(legacy(), rules({ policy: { allow: new Set(), block: new Set() } })).code).toBe('not-allowed')
    expect(
      judgeLegacy(legacy(), rules({ policy: { allow: new Set([author]), block: new Set() } })).code,
    ).toBeUndefined()
    expect(judgeLegacy(legacy(), rules({ signable: false })).code).toBe('unavailable')
  })

  test('in a pack with others keeps its place', async () => {
    const pack = {
      id: { incarnation: Buffer.alloc(8), counter: 1 },
      envelopes: [
        anEnvelope(),
        legacy(),
        anEnvelope(Buffer.of(1)),
        legacy(legacySignals('x', KEYS).replace('"x"', '"y"')),
      ],
    }
    const delegation = signDelegation(RECEIVER, { receiptKey: RECEIVER.publicKey, from: 0, until: UNIX_SECONDS_MAX })
    const receiver = new Receiver(RECEIVER.publicKey, OPEN_POLICY, 0, delegation, RECEIVER.publicKey)
    const judged = await judgePack(pack, new Set(), {
      receiver: (key) => (toHex(key) === toHex(RECEIVER.publicKey) ? receiver : undefined),
      maxAgeMs: AGE_MS_MAX_DEFAULT,
      verify: (batch) => Promise.resolve(batch.lengths.map(() => true)),
    })
    expect(judged.accepted.map(({ packIndex }) => packIndex)).toEqual([0, 1])
    expect(judged.refused.map(({ packIndex, code }) => [packIndex, code])).toEqual([
      [2, 'malformed'],
      [3, 'bad-signature'],
    ])
  })
})
