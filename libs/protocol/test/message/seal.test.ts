import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bencode, type Encodable } from '../../src/bytes/bencode-encode.ts'
import { encodeContent } from '../../src/message/content.ts'
import { openBody, sealBody } from '../../src/message/seal.ts'
import { sealBox, sealKeysOf } from '../../src/message/sealed-box.ts'
import { keyPairFromSeed } from '../../src/message/signature.ts'
import { expectParsed } from '../../src/parsed.ts'
import { AUTHOR, bytesOf, RECEIVER, text } from '../made.ts'

const KEYS = sealKeysOf(RECEIVER)
const SECRET = Buffer.alloc(32, 9)
const author = AUTHOR.publicKey

function boxed(inside: Encodable): Uint8Array {
  return expectParsed(sealBox(bencode(inside), KEYS.publicKey, SECRET), 'a key')
}

test('what was said comes out, whatever it is', () => {
  const draft = fc.oneof(
    fc.record({ text }),
    fc.record({ text, replyTo: bytesOf(32) }),
    fc.record({ body: fc.uint8Array({ maxLength: 100 }), type: fc.constant('image/png') }),
  )
  fc.assert(
    fc.property(draft, bytesOf(32), (draft, secret) => {
      const body = expectParsed(sealBody(encodeContent(draft), author, KEYS.publicKey, secret), 'a key')
      const { value } = openBody(body, author, KEYS) as { value: object }
      const said = 'text' in draft ? { type: 'text/plain', text: draft.text } : { body: Buffer.from(draft.body) }
      expect(value).toMatchObject(said)
      expect(value).not.toHaveProperty('topic')
    }),
    { numRuns: 50 },
  )
})

test('whoever signs a body that another sealed does not pass as its author', () => {
  const body = expectParsed(sealBody(encodeContent({ text: 'mine' }), author, KEYS.publicKey, SECRET), 'a key')
  const thief = keyPairFromSeed(Buffer.alloc(32, 8)).publicKey
  expect(openBody(body, thief, KEYS)).toEqual({ ok: false, fault: 'another-author' })
  expect(openBody(body, author, KEYS).ok).toBe(true)
})

test('another key opens nothing, and says that it is not its own', () => {
  const body = expectParsed(sealBody(encodeContent({ text: 'mine' }), author, KEYS.publicKey, SECRET), 'a key')
  expect(openBody(body, author, sealKeysOf(AUTHOR))).toEqual({ ok: false, fault: 'not-for-this-key' })
})

test.each<[string, Encodable]>([
  ['no dict', 'text'],
  ['no author', { v: 'text' }],
  ['nothing said', { k: author }],
  ['text that is none', { k: author, v: Buffer.of(0xff) }],
  ['a number for what is said', { k: author, v: 7 }],
])('a box that holds %s is malformed', (_name, inside) => {
  expect(openBody(boxed(inside), author, KEYS)).toEqual({ ok: false, fault: 'malformed' })
})

test('whatever bytes a stranger sends as a sealed body, or seals, end as a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      expect(openBody(bytes, author, KEYS)).toEqual({ ok: false, fault: 'not-for-this-key' })
      const body = expectParsed(sealBox(bytes, KEYS.publicKey, SECRET), 'a key')
      expect(openBody(body, author, KEYS)).toEqual({ ok: false, fault: 'malformed' })
    }),
  )
})
