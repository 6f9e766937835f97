import { describe, expect, test } from 'vitest'
import {
  encodeLegacyMessage,
  isLegacyMessage,
  legacyAuthor,
  legacyContent,
  legacyId,
  parseLegacyMessage,
  verifyLegacyMessage,
} from '../../src/telex/legacy-message.ts'
import { parseTelex, type Telex } from '../../src/telex/telex.ts'
import { vectors } from './helpers.ts'

const RECEIVER = Buffer.alloc(32, 9)
const [captured] = vectors<{ utf8: string }>('01-client-js-node20')

function telexOf(text: string): Telex {
  const telex = parseTelex(Buffer.from(text))
  if (!telex.ok) throw new Error(telex.fault)
  return telex.value
}

function messageOf(text: string) {
  const message = parseLegacyMessage(encodeLegacyMessage(RECEIVER, telexOf(text)))
  if (!message.ok) throw new Error(message.fault)
  return message.value
}

describe('a message of 2011', () => {
  const message = messageOf(captured?.utf8 ?? '')

  test('goes through the log with its receiver and signature, and without its sender’s headers', () => {
    expect(verifyLegacyMessage(message)).toBe('ezcrypto')
    expect(Buffer.from(message.receiver)).toEqual(RECEIVER)
    const payload = encodeLegacyMessage(RECEIVER, telexOf('{"+key":"a","_line":5,"+message":"b","_to":"x"}'))
    expect(Buffer.from(payload.subarray(32)).toString()).toBe('{"+key":"a","+message":"b"}')
  })

  test('has an id of its own each time it is said, whatever zeros its numbers lead with', () => {
    const again = messageOf((captured?.utf8 ?? '').replace('"+sig":"', '"+sig":"000').replace('"+key":"', '"+key":"00'))
    expect(legacyId(again, 1)).toEqual(legacyId(message, 1))
    expect(legacyId(message, 2)).not.toEqual(legacyId(message, 1))
    expect(legacyId({ ...message, text: 'other' }, 1)).not.toEqual(legacyId(message, 1))
    expect(legacyAuthor(message.n)).toHaveLength(32)
    expect(legacyAuthor(message.n)).not.toEqual(legacyAuthor(message.n + 2n))
  })

  test('has text that every database and format can hold', () => {
    const content = legacyContent({ text: 'a\0b\ud800c' })
    expect(content.text).toBe('a\ufffdb\ufffdc')
    expect(Buffer.from(content.body).toString()).toBe(content.text)
    expect(content).toMatchObject({ type: 'text/plain', topic: '' })
  })

  test.each([
    '{"+key":["a"],"+sig":"b","+message":"c"}',
    '{"+key":"a","+sig":1,"+message":"c"}',
    '{"+key":"a","+sig":"b"}',
  ])('%s is none', (text) => {
    expect(isLegacyMessage(telexOf(text))).toBe(false)
    expect(parseLegacyMessage(encodeLegacyMessage(RECEIVER, telexOf(text))).ok).toBe(false)
  })

  test('cut anywhere is malformed, and nothing throws', () => {
    const whole = encodeLegacyMessage(RECEIVER, telexOf(captured?.utf8 ?? ''))
    for (let end = 0; end < whole.length; end++) expect(parseLegacyMessage(whole.subarray(0, end)).ok).toBe(false)
  })
})
