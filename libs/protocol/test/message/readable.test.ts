import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { encodeContent } from '../../src/message/content.ts'
import { signItem } from '../../src/message/item.ts'
import { encodeMessage, messageId, saltOf } from '../../src/message/message.ts'
import { identify, readMessage } from '../../src/message/readable.ts'
import { keyPairFromSeed } from '../../src/message/signature.ts'
import { encodeLegacyMessage } from '../../src/telex/legacy-message.ts'
import { parseTelex } from '../../src/telex/telex.ts'

const RECEIVER = Buffer.alloc(32, 4)
const capture = new URL('../vectors/telehash-v1/01-client-js-node20.jsonl', import.meta.url)
const telex = parseTelex(Buffer.from((JSON.parse(readFileSync(capture, 'utf8')) as { utf8: string }).utf8))
const legacy = encodeLegacyMessage(RECEIVER, telex.ok ? telex.value : { members: new Map() })

test('a message of today reads as its item says', () => {
  const keys = keyPairFromSeed(Buffer.alloc(32, 1))
  const item = { salt: saltOf(RECEIVER, Buffer.from('news')), seq: 7n, value: encodeContent({ text: 'hi' }) }
  const message = signItem(keys, item)
  const carried = { dialect: 'krpc', receivedMs: 5, bytes: encodeMessage(message) } as const
  const read = readMessage(carried)
  expect(read).toMatchObject({ ok: true, value: { seq: 7n, legacy: false, content: { topic: 'news', text: 'hi' } } })
  expect(identify(carried)?.id).toEqual(messageId(message))
})

test('a message of 2011 reads as text of its key’s fingerprint, at the time it came', () => {
  const carried = { dialect: 'telex', receivedMs: 1_700_000_000_000, bytes: legacy } as const
  const read = readMessage(carried)
  if (!read.ok) throw new Error(read.fault)
  expect(read.value).toMatchObject({ legacy: true, seq: 1_700_000_000_000_000n, content: { text: 'hello from 2011' } })
  expect(read.value.key).toHaveLength(32)
  expect(Buffer.from(read.value.receiver)).toEqual(RECEIVER)
  expect(identify(carried)?.id).not.toEqual(identify({ ...carried, receivedMs: 1 })?.id)
})

test('the bytes of one kind are not the other’s', () => {
  expect(readMessage({ dialect: 'krpc', receivedMs: 1, bytes: legacy }).ok).toBe(false)
  expect(identify({ dialect: 'http', receivedMs: 1, bytes: legacy })).toBeUndefined()
  expect(identify({ dialect: 'telex', receivedMs: 1, bytes: Buffer.alloc(200) })).toBeUndefined()
})
