import { type Position, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Names } from '../../src/feed/names.ts'
import { AUTHOR, aRow, RECEIVER } from '../rows.ts'

const receiver = RECEIVER.publicKey
const author = AUTHOR.publicKey
const ONE = { partitions: 1 }

function aReader(name: () => string, applied: () => Position = () => 9n) {
  const asked: string[] = []
  return {
    asked,
    author: (question: { author: Uint8Array }) => {
      asked.push(toHex(question.author))
      return Promise.resolve({ name: name(), about: '', messages: 1, applied: applied() })
    },
  }
}

test('a name is asked for once, then again when it is old or its owner spoke', async () => {
  let now = 0
  let name = 'Ada'
  const reader = aReader(() => name)
  const names = new Names(reader, ONE, () => now)
  expect([...(await names.of(receiver, [author, author]))]).toEqual([[toHex(author), 'Ada']])
  await names.of(receiver, [author])
  expect(reader.asked).toHaveLength(1)

  name = 'Countess'
  const rows = [aRow(7n, { text: 'p2pmsg/profile' }), aRow(8n, { type: 'p2pmsg/profile', name, about: '' })]
  names.heard(0, { prev: 1n, last: 2n, rows: rows.slice(0, 1) })
  expect((await names.of(receiver, [author])).get(toHex(author))).toBe('Ada')
  names.heard(0, { prev: 1n, last: 2n, rows })
  expect((await names.of(receiver, [author])).get(toHex(author))).toBe('Countess')
  now = 61_000
  await names.of(receiver, [author])
  expect(reader.asked).toHaveLength(3)
})

test('an author without a name is not asked for again, nor named', async () => {
  const reader = aReader(() => '')
  const names = new Names(reader, ONE, () => 0)
  expect((await names.of(receiver, [author])).size).toBe(0)
  expect((await names.of(receiver, [author])).size).toBe(0)
  expect(reader.asked).toHaveLength(1)
})

test('a store that does not answer costs the names, not the page', async () => {
  const names = new Names({ author: () => Promise.reject(new Error('away')) }, ONE, () => 0)
  expect((await names.of(receiver, [author])).size).toBe(0)
})

test('an answer that was under way when a profile came, or that is behind it, is not kept', async () => {
  const answers: ((name: string, applied: Position) => void)[] = []
  const reader = {
    author: () =>
      new Promise<{ name: string; about: string; messages: number; applied: Position }>((resolve) => {
        answers.push((name, applied) => resolve({ name, about: '', messages: 1, applied }))
      }),
  }
  const names = new Names(reader, ONE, () => 0)
  const ask = async (name: string, applied: Position, meanwhile?: () => void) => {
    const answered = names.of(receiver, [author])
    meanwhile?.()
    answers.pop()?.(name, applied)
    return (await answered).get(toHex(author))
  }
  const profile = aRow(8n, { type: 'p2pmsg/profile', name: 'Countess', about: '' })
  expect(await ask('Ada', 7n, () => names.heard(0, { prev: 7n, last: 8n, rows: [profile] }))).toBe('Ada')
  expect(await ask('Ada', 7n)).toBe('Ada') // a replica that is behind
  expect(await ask('Countess', 8n)).toBe('Countess')
  expect((await names.of(receiver, [author])).get(toHex(author))).toBe('Countess')
  expect(answers).toEqual([])
})

test('where a commit was not told row by row, names are asked for again as soon as pages are', async () => {
  let now = 0
  let applied = 10n
  const reader = aReader(
    () => 'Ada',
    () => applied,
  )
  const names = new Names(reader, { partitions: 1 }, () => now)
  await names.of(receiver, [author])
  names.heard(1, { prev: 9n, last: 12n, rows: undefined }) // of other feeds
  now = 6_000
  await names.of(receiver, [author])
  expect(reader.asked).toHaveLength(1)
  names.heard(0, { prev: 9n, last: 11n, rows: undefined })
  applied = 11n
  await names.of(receiver, [author])
  expect(reader.asked).toHaveLength(2)
  now = 60_000
  await names.of(receiver, [author])
  expect(reader.asked).toHaveLength(2)
})
