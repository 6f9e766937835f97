import {
  keyPairFromSeed,
  parseContent,
  SEALED_TYPE,
  sealKeyOf,
  sealKeysOf,
  toBase64Url,
  toZBase32,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Opener } from '../src/cli/opener.ts'
import { prettyMessage } from '../src/cli/pretty-message.ts'
import { composeMessage } from '../src/compose.ts'
import type { FeedMessage } from '../src/index.ts'
import { openFeedMessage } from '../src/open-feed-message.ts'
import { sealDraft } from '../src/seal-draft.ts'
import { Shell } from './support/command.ts'

const author = keyPairFromSeed(Buffer.alloc(32, 3))
const receiver = keyPairFromSeed(Buffer.alloc(32, 4))
const other = keyPairFromSeed(Buffer.alloc(32, 5))
const seal = (draft: Parameters<typeof sealDraft>[0], key?: Uint8Array) =>
  sealDraft(draft, author.publicKey, receiver.publicKey, key)

/** A feed's word on a message whose draft was sealed. */
function inFeed(draft: ReturnType<typeof sealDraft>, by = author.publicKey): FeedMessage {
  const { body = new Uint8Array(0), type = '' } = draft
  const said = { author: toZBase32(by), type, body: toBase64Url(body) }
  const nothing = { authorName: null, topic: null, replyTo: null, expires: null, sent: null }
  const place = { id: 'ab', position: '1', cursor: 'c', dialect: 'krpc', url: 'http://feed.example/m/ab' }
  return { ...place, received: '2030-01-01T00:00:00Z', stored: '2030-01-01T00:00:00Z', ...nothing, ...said }
}

test('text and its type go under the seal, and what the cluster goes by stays outside', () => {
  const around = { topic: 'weather', replyTo: Buffer.alloc(32, 5), expires: 2_000_000_000 }
  const draft = seal({ text: 'for you alone', type: 'text/markdown', ...around })
  expect(draft).toMatchObject({ type: SEALED_TYPE, ...around })
  expect(Buffer.from(draft.body ?? []).includes('for you')).toBe(false)
  const message = composeMessage(draft, author, receiver.publicKey, 1n)
  expect(parseContent(message)).toMatchObject({ ok: true, value: { type: SEALED_TYPE, topic: 'weather' } })
  const opened = openFeedMessage(inFeed(draft), sealKeysOf(receiver))
  expect(opened).toMatchObject({ type: 'text/markdown', text: 'for you alone', opened: true })
  expect(opened).not.toHaveProperty('body')
})

test('a receiver that names another key for it is sealed to that one', () => {
  const draft = seal({ body: Buffer.of(0, 255), type: 'image/png' }, sealKeyOf(other.publicKey))
  const opened = openFeedMessage(inFeed(draft), sealKeysOf(other))
  expect(opened).toMatchObject({ type: 'image/png', body: toBase64Url(Buffer.of(0, 255)), opened: true })
  expect(openFeedMessage(inFeed(draft), sealKeysOf(receiver))).toMatchObject({ type: SEALED_TYPE, opened: false })
})

test('what is no message is not sealed either', () => {
  expect(() => seal({})).toThrow('nobody could read')
  expect(() => seal({ text: 'a\0b' })).toThrow('U+0000')
  expect(() => seal({ text: 'a' }, Buffer.alloc(32))).toThrow('nothing can be sealed')
})

test('a terminal shows what was opened, and of the rest how much it is', () => {
  const message = inFeed(seal({ text: 'for you alone' }))
  const size = seal({ text: 'for you alone' }).body?.length
  expect(prettyMessage(message)).toMatch(new RegExp(`\\n {4}\\(sealed, ${size} bytes\\)\\n$`))
  expect(prettyMessage(openFeedMessage(message, sealKeysOf(receiver)))).toMatch(/\(sealed\).*\n {4}for you alone\n$/)
  // signed by somebody who only took the body
  const stolen = openFeedMessage(inFeed(seal({ text: 'mine' }), other.publicKey), sealKeysOf(receiver))
  expect(prettyMessage(stolen)).toContain('does not open it)')
})

test('only where nothing opens, the key is called the wrong one', async () => {
  await using shell = await Shell.open()
  await shell.p2pmsg('keygen', '--key', `${shell.home}/key`)
  const notes: string[] = []
  const around = { note: (line: string) => void notes.push(line) } as unknown as Parameters<typeof Opener.read>[1]
  const opener = await Opener.read(`${shell.home}/key`, around)
  expect(() => opener?.conclude(sealKeyOf(receiver.publicKey), around.note)).not.toThrow()
  opener?.open(inFeed(seal({ text: 'for another' })))
  opener?.conclude(undefined, around.note)
  expect(notes).toEqual(['1 of 1 sealed messages did not open'])
  expect(() => opener?.conclude(sealKeyOf(receiver.publicKey), around.note)).toThrow("is not the receiver's key")
})
