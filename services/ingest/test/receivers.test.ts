import {
  BUDGET_DEFAULT,
  encodeEntry,
  entryName,
  type KeyPair,
  keyPairFromSeed,
  OPEN_POLICY,
  partitionOf,
  signDelegation,
  signRecord,
} from '@p2pmsg/protocol'
import { createLogger } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { Events } from '../src/events.ts'
import { Receivers } from '../src/receivers.ts'
import { AUTHOR, RECEIVER } from './made.ts'

const OURS = keyPairFromSeed(Buffer.alloc(32, 9))
const ALWAYS = { from: 0, until: 253_402_300_799 } // Unix seconds
const name = entryName(RECEIVER.publicKey)

function receivers(): Receivers {
  return new Receivers(OURS.publicKey, 4, new Events(createLogger('ingest', 'silent')))
}

function entry(given: { receiptKey?: Uint8Array; signedBy?: KeyPair; until?: number } = {}): Uint8Array {
  const delegation = signDelegation(given.signedBy ?? RECEIVER, {
    receiptKey: given.receiptKey ?? OURS.publicKey,
    from: ALWAYS.from,
    until: given.until ?? ALWAYS.until,
  })
  const record = {
    delegation,
    endpoints: [{ host: '192.0.2.1', port: 1 }],
    feedUrl: undefined,
    postUrl: undefined,
    valueBytesMax: 900,
    pipeKey: undefined,
    sealKey: undefined,
    expires: ALWAYS.until,
  }
  return encodeEntry({ item: signRecord(RECEIVER, record, 1n), policy: OPEN_POLICY, budget: BUDGET_DEFAULT })
}

test('a receiver is known from its entry until that is deleted, with its partition', () => {
  const known = receivers()
  known.put(name, entry())
  expect(known.get(RECEIVER.publicKey)).toMatchObject({
    partition: partitionOf(RECEIVER.publicKey, 4),
    signable: true,
  })
  expect(known.get(AUTHOR.publicKey)).toBeUndefined()
  known.delete(name)
  expect(known.get(RECEIVER.publicKey)).toBeUndefined()
})

test.each([
  ['to another receipt key', entry({ receiptKey: AUTHOR.publicKey })],
  ['that somebody else signed', entry({ signedBy: AUTHOR })],
  ['that has ended', entry({ until: 1 })],
])('a delegation %s lets us sign nothing, and is counted', (_, bytes) => {
  const known = receivers()
  known.put(name, bytes)
  expect(known.get(RECEIVER.publicKey)?.signable).toBe(false)
  expect(known.unsignable).toBe(1)
})

test('an entry that cannot be read leaves the one before in force', () => {
  const known = receivers()
  known.put(name, entry())
  known.put(name, Buffer.from('{'))
  known.put(entryName(AUTHOR.publicKey), entry())
  expect(known.size).toBe(1)
  expect(known.get(RECEIVER.publicKey)?.signable).toBe(true)
})
