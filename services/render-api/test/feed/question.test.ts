import { formatCursor, toHex, toZBase32 } from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { type FeedParams, LIMIT_DEFAULT, toQuery, toQuestion } from '../../src/feed/question.ts'
import { AUTHOR, RECEIVER } from '../rows.ts'

const receiver = RECEIVER.publicKey
const cursor = formatCursor(77n)
const id = 'ab'.repeat(32)

test('every parameter becomes a part of the question, and the question one query string', () => {
  const params = {
    limit: 7,
    before: cursor,
    author: toZBase32(AUTHOR.publicKey),
    topic: 'héllo',
    reply_to: id,
    q: 'high tide',
  }
  const question = toQuestion(receiver, params)
  expect(question).toMatchObject({ receiver, limit: 7, before: 77n, after: undefined, topic: 'héllo' })
  expect(toHex(question.author ?? Buffer.of())).toBe(toHex(AUTHOR.publicKey))
  expect(toHex(question.replyTo ?? Buffer.of())).toBe(id)
  const query = Object.fromEntries(toQuery(question))
  expect(query).toEqual({ ...params, limit: '7' })
  expect(toQuestion(receiver, { ...query, limit: 7 })).toEqual(question)
})

test('nothing given asks for the newest, and has an empty query', () => {
  const question = toQuestion(receiver, { q: ' ', author: '', topic: '' })
  expect(question.limit).toBe(LIMIT_DEFAULT)
  expect(toQuery(question).toString()).toBe('')
})

describe('what cannot be used is a problem that names the parameter', () => {
  test.each<[string, FeedParams]>([
    ['before', { before: 'x' }],
    ['after', { after: 'AAAAAAAAAAAA' }],
    ['before', { before: cursor, after: cursor }],
    ['author', { author: 'nobody' }],
    ['topic', { topic: 'é'.repeat(17) }],
    ['reply_to', { reply_to: 'ab' }],
    ['topic', { topic: 'a\0b' }],
    ['q', { q: 'w'.repeat(201) }],
    ['q', { q: 'a\0b' }],
    ['q', { q: '\ud800' }],
  ])('%s of %j', (name, params) => {
    expect(() => toQuestion(receiver, params)).toThrow(name)
  })
})
