import { describe, expect, test } from 'vitest'
import { bencode, type Encodable } from '../../src/bytes/bencode-encode.ts'
import { utf8 } from '../../src/bytes/bytes.ts'
import { encodeContent, parseContent } from '../../src/message/content.ts'
import { saltOf } from '../../src/message/message.ts'
import { RECEIVER } from '../made.ts'

const ID = Buffer.alloc(32, 5)

function read(value: Encodable, topic: Uint8Array = utf8('')) {
  return parseContent({ salt: saltOf(RECEIVER.publicKey, topic), value: bencode(value) })
}

describe('what is taken', () => {
  test('a byte string is plain text', () => {
    expect(read('hä?', utf8('töpic'))).toMatchObject({
      ok: true,
      value: { topic: 'töpic', type: 'text/plain', text: 'hä?', replyTo: undefined, expires: undefined },
    })
    expect(read('')).toMatchObject({ ok: true, value: { text: '' } })
  })

  test.each<[string, Encodable, object]>([
    ['a dict without a type', { b: 'x' }, { type: 'text/plain', text: 'x' }],
    ['a text type', { b: 'x', t: 'text/markdown; charset=utf-8' }, { type: 'text/markdown; charset=utf-8', text: 'x' }],
    [
      'another type, whatever its bytes',
      { b: Buffer.of(0, 255), t: 'image/png' },
      { type: 'image/png', text: undefined },
    ],
    ['an answer', { b: 'x', r: ID }, { replyTo: ID }],
    ['an expiry of the first second', { b: 'x', x: 0 }, { expires: 0 }],
    ['an expiry of the last second', { b: 'x', x: 253_402_300_799 }, { expires: 253_402_300_799 }],
    ['a sealed body', { b: Buffer.of(0, 255), t: 'p2pmsg/sealed' }, { text: undefined }],
    ['a profile', { t: 'p2pmsg/profile', name: 'Zoë', about: '' }, { profile: { name: 'Zoë', about: '' } }],
    ['half a profile', { t: 'p2pmsg/profile' }, { profile: { name: '', about: '' } }],
    ['a delete', { t: 'p2pmsg/delete', r: ID }, { replyTo: ID, body: new Uint8Array(0) }],
    ['unknown keys of any kind', { b: 'x', zz: [1, { a: Buffer.of(255) }] }, { text: 'x' }],
    ['a type of 127 characters', { b: 'x', t: `text/${'y'.repeat(122)}` }, { text: 'x' }],
  ])('%s', (_, value, content) => {
    expect(read(value)).toMatchObject({ ok: true, value: content })
  })
})

describe('what is malformed', () => {
  test.each<[string, Encodable]>([
    ['plain text that is none', Buffer.of(0xff)],
    ['plain text with U+0000', 'a\0b'],
    ['a number', 1],
    ['a list', []],
    ['a dict without a body', {}],
    ['a body that is a number', { b: 1 }],
    ['a text body that is none', { b: Buffer.of(0xff), t: 'text/html' }],
    ['a text body with U+0000', { b: '\0' }],
    ['an empty type', { b: 'x', t: '' }],
    ['a type of 128 characters', { b: 'x', t: 'y'.repeat(128) }],
    ['a type that is not ASCII', { b: 'x', t: 'tëxt/plain' }],
    ['a type with a line break', { b: 'x', t: 'text/plain\r\nx: y' }],
    ['a type that is a number', { b: 'x', t: 1 }],
    ['an answer to 31 bytes', { b: 'x', r: Buffer.alloc(31) }],
    ['an answer to 33 bytes', { b: 'x', r: Buffer.alloc(33) }],
    ['an answer to a number', { b: 'x', r: 1 }],
    ['an expiry before time', { b: 'x', x: -1 }],
    ['an expiry after all formats', { b: 'x', x: 253_402_300_800 }],
    ['an expiry that is text', { b: 'x', x: '1' }],
    ['a delete of nothing', { t: 'p2pmsg/delete' }],
    ['a profile with a name that is no text', { t: 'p2pmsg/profile', name: Buffer.of(0xff) }],
    ['a profile with a name that is a list', { t: 'p2pmsg/profile', name: [] }],
    ['a profile with U+0000', { t: 'p2pmsg/profile', about: '\0' }],
    ['a sealed body without a body', { t: 'p2pmsg/sealed' }],
  ])('%s', (_, value) => {
    expect(read(value)).toEqual({ ok: false, fault: 'malformed' })
  })

  test.each([
    ['no text', Buffer.of(0xff)],
    ['cut in a character', utf8('ä').subarray(0, 1)],
    ['U+0000', Buffer.of(0)],
  ])('a topic that is %s', (_, topic) => {
    expect(read('x', topic)).toEqual({ ok: false, fault: 'malformed' })
  })

  test('a value that is not canonical', () => {
    const value = utf8('d1:t10:text/plain1:b1:xe')
    expect(parseContent({ salt: RECEIVER.publicKey, value })).toEqual({ ok: false, fault: 'malformed' })
  })
})

describe('what senders write', () => {
  test('text alone takes the short form', () => {
    expect(Buffer.from(encodeContent({ text: 'hello' })).toString()).toBe('5:hello')
  })

  test.each([
    [
      { text: 'a', replyTo: ID },
      { text: 'a', replyTo: ID },
    ],
    [
      { text: 'a', expires: 7 },
      { text: 'a', expires: 7 },
    ],
    [
      { text: '# a', type: 'text/markdown' },
      { text: '# a', type: 'text/markdown' },
    ],
    [
      { body: Buffer.of(0), type: 'application/octet-stream' },
      { text: undefined, body: Buffer.of(0) },
    ],
    [{ type: 'p2pmsg/profile', name: 'n', about: 'a' }, { profile: { name: 'n', about: 'a' } }],
    [
      { type: 'p2pmsg/delete', replyTo: ID },
      { type: 'p2pmsg/delete', replyTo: ID },
    ],
  ])('%j is read as it was meant', (draft, content) => {
    expect(parseContent({ salt: RECEIVER.publicKey, value: encodeContent(draft) })).toMatchObject({
      ok: true,
      value: content,
    })
  })
})
