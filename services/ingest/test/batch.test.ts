import { createHash } from 'node:crypto'
import { messageId, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { makeBatch, validities, verifyBatch } from '../src/batch.ts'
import { aMessage, forged } from './made.ts'

test('each signature of a batch gets its own answer', () => {
  const messages = [
    aMessage({ text: 'a' }),
    forged(aMessage({ text: 'bb' })),
    aMessage({ text: '' }),
    forged(aMessage()),
  ]
  const { batch } = makeBatch(messages)
  verifyBatch(batch)
  expect(validities(batch)).toEqual([true, false, true, false])
})

test('what is verified is what the id is the hash of', () => {
  const messages = [aMessage({ text: 'a' }), aMessage({ text: 'b' }, { topic: 'news' })]
  const { hashed } = makeBatch(messages)
  const ids = hashed.map((bytes) => createHash('sha256').update(bytes).digest('hex'))
  expect(ids).toEqual(messages.map((message) => toHex(messageId(message))))
})

test('a signature that nobody looked at is not an answer', () => {
  const { batch } = makeBatch([aMessage()])
  expect(() => validities(batch)).toThrow('not looked at')
})
