import {
  type Block,
  messageId,
  OPEN_POLICY,
  parseReceipt,
  type RefusalCode,
  receiverOf,
  signDelegation,
  toHex,
  verifyReceipt,
} from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { blocksOf } from '../src/blocks.ts'
import type { JudgedPack } from '../src/judge-pack.ts'
import { receiptsOf } from '../src/receipts.ts'
import { Receiver } from '../src/receivers.ts'
import { verdictsOf } from '../src/verdicts.ts'
import { AUTHOR, aMessage, anEnvelope, RECEIVER } from './made.ts'

const receiptKey = AUTHOR
const [FROM, UNTIL] = [1_000, 2_000] // Unix seconds
const packId = { incarnation: Buffer.alloc(8, 7), counter: 3 }

function aReceiver(partition = 0): Receiver {
  const delegation = signDelegation(RECEIVER, { receiptKey: receiptKey.publicKey, from: FROM, until: UNTIL })
  return new Receiver(RECEIVER.publicKey, OPEN_POLICY, partition, delegation, receiptKey.publicKey)
}

function signer(receiver: Receiver | undefined = aReceiver()) {
  return { receiptKey, durability: () => 'synced' as const, receiver: () => receiver }
}

function accepted(packIndex: number, receiver = aReceiver()) {
  const message = aMessage({ text: `message ${packIndex}` })
  return { packIndex, id: messageId(message), envelope: anEnvelope(message), receiver }
}

function refused(packIndex: number, code: RefusalCode, partition?: number) {
  return { packIndex, code, partition }
}

function judged(given: Partial<JudgedPack>): JudgedPack {
  return { pack: { id: packId, envelopes: [] }, accepted: [], refused: [], ...given }
}

describe('blocks', () => {
  test('are one for each partition in which something was accepted, with its refusals', () => {
    const pack = judged({
      accepted: [accepted(0, aReceiver(2)), accepted(1, aReceiver(5)), accepted(4, aReceiver(2))],
      refused: [refused(2, 'blocked', 2), refused(3, 'blocked', 1), refused(5, 'malformed')],
    })
    const shape = blocksOf(pack).map((block) => ({
      partition: block.partition,
      accepted: block.accepted.map(({ packIndex }) => packIndex),
      refused: block.refused.map(({ packIndex }) => packIndex),
    }))
    expect(shape).toEqual([
      { partition: 2, accepted: [0, 4], refused: [2] },
      { partition: 5, accepted: [1], refused: [] },
    ])
  })
})

describe('receipts', () => {
  test('of one block share a signature and verify each for its own message', () => {
    const messages = [0, 1, 2, 3, 4].map((index) => accepted(index))
    const block: Block = { packId, partition: 0, accepted: messages, refused: [] }
    const receipts = receiptsOf({ block, streamSeq: 9 }, signer(), FROM * 1000)
    expect(receipts).toHaveLength(5)
    const opened = receipts.map(({ receipt }) => parseReceipt(receipt))
    expect(new Set(opened.map((receipt) => receipt.ok && toHex(receipt.value.signature))).size).toBe(1)
    opened.forEach((receipt, i) => {
      const message = messages[i]
      if (!receipt.ok || !message) throw new Error('a receipt of ours does not parse')
      expect(receipt.value).toMatchObject({ index: i, statement: { streamSeq: 9, durability: 'synced', treeSize: 5 } })
      expect(verifyReceipt(receipt.value, RECEIVER.publicKey, message.id)).toMatchObject({ ok: true })
    })
  })

  test('of a block that an earlier judge made find the receiver in the message', () => {
    const { receiver: _, ...message } = accepted(0)
    const asked: string[] = []
    const receiver = aReceiver()
    const byKey = { ...signer(), receiver: (key: Uint8Array) => (asked.push(toHex(key)), receiver) }
    const block: Block = { packId, partition: 0, accepted: [message], refused: [] }
    expect(receiptsOf({ block, streamSeq: 1 }, byKey, FROM * 1000)).toHaveLength(1)
    expect(asked).toEqual([toHex(receiverOf(aMessage()))])
  })

  test.each([
    ['before its delegation', FROM * 1000 - 1, 0],
    ['in its first moment', FROM * 1000, 1],
    ['in its last moment', UNTIL * 1000, 1],
    ['after it', UNTIL * 1000 + 1, 0],
  ])('are signed %s: %i', (_, nowMs, count) => {
    const block: Block = { packId, partition: 0, accepted: [accepted(0)], refused: [] }
    expect(receiptsOf({ block, streamSeq: 1 }, signer(), nowMs)).toHaveLength(count)
  })
})

describe('verdicts', () => {
  const receipt = (packIndex: number) => ({ packIndex, id: Buffer.alloc(32), receipt: Buffer.alloc(1) })
  const told = (...args: Parameters<typeof verdictsOf>) => {
    const { accepted, refused } = verdictsOf(...args)
    return { accepted: accepted.map(({ packIndex }) => packIndex), refused }
  }

  test('name each envelope once', () => {
    const pack = judged({ accepted: [accepted(0), accepted(2)], refused: [refused(1, 'malformed')] })
    const stored = blocksOf(pack).map((block) => ({ block, streamSeq: 1 }))
    expect(told(pack, stored, [receipt(0), receipt(2)])).toEqual({
      accepted: [0, 2],
      refused: [{ packIndex: 1, code: 'malformed' }],
    })
  })

  test('are `unavailable` where a message has no place in the log or no receipt', () => {
    const pack = judged({ accepted: [accepted(0), accepted(1)] })
    expect(told(pack, [], [])).toEqual({
      accepted: [],
      refused: [
        { packIndex: 0, code: 'unavailable' },
        { packIndex: 1, code: 'unavailable' },
      ],
    })
  })

  test('refuse for now only what stands in a block that is gone', () => {
    const pack = judged({ refused: [refused(0, 'blocked', 0), refused(1, 'blocked', 1), refused(2, 'malformed')] })
    const lost = blocksOf(pack, new Set([0]))
    const codes = verdictsOf(pack, [], [], lost).refused.map(({ code }) => code)
    expect(codes).toEqual(['unavailable', 'blocked', 'malformed'])
  })

  test('follow the stored block where an earlier judge saw it otherwise', () => {
    // given: we accept 0 and 1 and refuse 2; the log has 2 accepted and 1 blocked
    const pack = judged({ accepted: [accepted(0), accepted(1)], refused: [refused(2, 'not-allowed', 0)] })
    const block: Block = { packId, partition: 0, accepted: [accepted(2)], refused: [{ packIndex: 1, code: 'blocked' }] }
    const { accepted: yes, refused: no } = told(pack, [{ block, streamSeq: 1 }], [receipt(2)])
    expect({ accepted: yes, refused: no.toSorted((a, b) => a.packIndex - b.packIndex) }).toEqual({
      accepted: [2],
      refused: [
        { packIndex: 0, code: 'unavailable' },
        { packIndex: 1, code: 'blocked' },
      ],
    })
  })
})
