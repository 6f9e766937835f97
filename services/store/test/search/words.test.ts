import { encodeMessage, PROFILE_TYPE, SEALED_TYPE } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { termsOf, wordsOf } from '../../src/search/words.ts'
import { aMessage } from '../logged.ts'

function wordsIn(draft: Parameters<typeof aMessage>[0]): string {
  return wordsOf({ dialect: 'krpc', receivedMs: 1, bytes: encodeMessage(aMessage(draft)) })
}

describe('the words of a message', () => {
  test.each([
    ['Hello, World!', 'hello world'],
    ['see http://example.org/a?b=c', 'see http example org a b c'],
    ['don’t well-known snake_case', 'don t well known snake case'],
    ['CAFE\u0301 ÜBER 漢字 ~/~/<!--<!--', 'café über 漢字'],
    ['~/~/ 😀', ''],
  ])('%j are %j', (text, words) => {
    expect(wordsIn({ text })).toBe(words)
  })

  test('are those of a profile, and none of what is sealed or no text', () => {
    expect(wordsIn({ type: PROFILE_TYPE, name: 'Ann', about: 'Bakes bread' })).toBe('ann bakes bread')
    expect(wordsIn({ type: SEALED_TYPE, body: Buffer.from('secret') })).toBe('')
    expect(wordsIn({ type: 'image/png', body: Buffer.from('PNG') })).toBe('')
    expect(wordsOf({ dialect: 'krpc', receivedMs: 1, bytes: Buffer.from('torn') })).toBe('')
  })
})

describe('the terms of a question', () => {
  test.each([
    ['Hello World', 'hello world'],
    ['"Brown Fox" -lazy', '"brown fox" -lazy'],
    ['-"lazy dog"', '-"lazy dog"'],
    ['well-known -snake_case', 'well known -snake case'],
    ['a--b --c - d- e -f', 'a b c d e -f'],
    ["http://example.org 'x' & | ! ( ) :* <->", 'http example org x'],
    ['', ''],
  ])('%j are %j', (search, terms) => {
    expect(termsOf(search).replaceAll(/ +/g, ' ')).toBe(terms)
  })

  test('of a message’s own words are those words, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (given) => {
        const text = given.replaceAll(/[\0"-]/g, '')
        expect(termsOf(text)).toBe(wordsIn({ text }))
      }),
    )
  })
})
