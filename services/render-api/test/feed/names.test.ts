import { toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Names } from '../../src/feed/names.ts'
import { AUTHOR, aRow, RECEIVER } from '../rows.ts'

const receiver = RECEIVER.publicKey
const author = AUTHOR.publicKey

function aReader(name: () => string) {
  const asked: string[] = []
  return {
    asked,
    author: (question: { author: Uint8Array }) => {
      asked.push(toHex(question.author))
      return Promise.resolve({ name: name(), about: '', messages: 1, applied: 1n })
    },
  }
}

test('a name is asked for once, then again when it is old or its owner spoke', async () => {
  let now = 0
  let name = 'Ada'
  const reader = aReader(() => name)
  const names = new Names(reader, () => now)
  expect([...(await names.of(receiver, [author, author]))]).toEqual([[toHex(author), 'Ada']])
  await names.of(receiver, [author])
  expect(reader.asked).toHaveLength(1)

  name = 'Countess'
  const rows = [aRow(7n, { text: 'p2pmsg/profile' }), aRow(8n, { type: 'p2pmsg/profile', name, about: '' })]
  names.heard({ prev: 1n, last: 2n, rows: rows.slice(0, 1) })
  expect((await names.of(receiver, [author])).get(toHex(author))).toBe('Ada')
  names.heard({ prev: 1n, last: 2n, rows })
  expect((await names.of(receiver, [author])).get(toHex(author))).toBe('Countess')
  now = 61_000
  await names.of(receiver, [author])
  expect(reader.asked).toHaveLength(3)
})

test('an author without a name is not asked for again, nor named', async () => {
  const reader = aReader(() => '')
  const names = new Names(reader, () => 0)
  expect((await names.of(receiver, [author])).size).toBe(0)
  expect((await names.of(receiver, [author])).size).toBe(0)
  expect(reader.asked).toHaveLength(1)
})

test('a store that does not answer costs the names, not the page', async () => {
  const names = new Names({ author: () => Promise.reject(new Error('away')) }, () => 0)
  expect((await names.of(receiver, [author])).size).toBe(0)
})
