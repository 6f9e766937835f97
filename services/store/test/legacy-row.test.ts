import {
  encodeBlock,
  encodeLegacyMessage,
  encodeTelex,
  legacyAuthor,
  legacySignals,
  parseTelex,
  positionOf,
  type RsaKeys,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { rowsOfBlock } from '../src/message-row.ts'
import { RECEIVER } from './logged.ts'

// A modulus of the right size; the store checks no signature.
const KEYS: RsaKeys = { n: (1n << 511n) + 1n, d: 3n }

test('a message of 2011 becomes a row of its receiver, its author’s fingerprint and clean text', () => {
  const telex = parseTelex(encodeTelex({}, legacySignals('a\0b', KEYS)))
  const payload = encodeLegacyMessage(RECEIVER, telex.ok ? telex.value : { members: new Map() })
  const envelope = { receivedMs: 1_700_000_000_000, dialect: 'telex', payload } as const
  const id = Buffer.alloc(32, 3)
  const packId = { incarnation: Buffer.alloc(8), counter: 1 }
  const block = encodeBlock({ packId, partition: 2, accepted: [{ packIndex: 0, id, envelope }], refused: [] })
  const rows = rowsOfBlock(block, 9, 2)
  if (!rows.ok) throw new Error(rows.fault)
  expect(rows.value.rows).toEqual([
    {
      position: positionOf(9, 0),
      id,
      receiver: RECEIVER,
      author: legacyAuthor(KEYS.n),
      topic: '',
      seq: 1_700_000_000_000_000n,
      receivedMs: 1_700_000_000_000,
      dialect: 'telex',
      type: 'text/plain',
      replyTo: undefined,
      expires: undefined,
      message: payload,
      removes: undefined,
    },
  ])
})
