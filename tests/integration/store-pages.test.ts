// Proves that whoever pages through a feed, forwards or backwards, gets each message once, whatever is written meanwhile.
import { encodeContent, messageId, PAGE_BYTES_MAX, ROW_HEADER_BYTES, type Row, toHex } from '@p2pmsg/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

let bench: StoreBench

beforeAll(async () => {
  bench = await StoreBench.start({ partitions: 1 })
  await bench.store()
})

afterAll(() => bench[Symbol.asyncDispose]())

const ids = (rows: readonly Row[]) => rows.map((row) => toHex(row.id))

/** Writes blocks until told to stop. */
function aWriter(receiver: Uint8Array) {
  const sent: string[] = []
  const stop = new AbortController()
  const running = (async () => {
    while (!stop.signal.aborted) {
      const messages = Array.from({ length: 5 }, (_, i) => aMessage(aKeyPair(), receiver, { text: `live ${i}` }))
      await bench.accept(messages)
      sent.push(...messages.map((message) => toHex(messageId(message))))
    }
    return sent
  })()
  return {
    async stop() {
      stop.abort()
      return await running
    },
  }
}

async function written(receiver: Uint8Array, count: number): Promise<string[]> {
  const sent: string[] = []
  while (sent.length < count) {
    const messages = Array.from({ length: 10 }, () => aMessage(aKeyPair(), receiver, { text: 'old' }))
    await bench.accept(messages)
    sent.push(...messages.map((message) => toHex(messageId(message))))
  }
  await expect
    .poll(async () => (await bench.feed(receiver, { limit: 1 })).rows.map((row) => toHex(row.id)))
    .toEqual(sent.slice(-1))
  return sent
}

describe('a feed that is written to meanwhile', () => {
  test('backwards from the newest: everything that was there, each once, in order', async () => {
    const receiver = aKeyPair().publicKey
    const old = await written(receiver, 300)
    const writer = aWriter(receiver)
    const seen: Row[] = []
    let page = await bench.feed(receiver, { limit: 7 })
    for (;;) {
      seen.push(...page.rows)
      const before = page.rows.at(-1)?.position
      if (!page.more || before === undefined) break
      page = await bench.feed(receiver, { limit: 7, before })
    }
    await writer.stop()
    expect(ids(seen).slice(-old.length)).toEqual(old.toReversed())
    expect(new Set(ids(seen)).size).toBe(seen.length)
  })

  test('forwards from the oldest to the end: old and new, each once, in order; applied is never behind a row', async () => {
    const receiver = aKeyPair().publicKey
    const old = await written(receiver, 200)
    const writer = aWriter(receiver)
    const seen: Row[] = []
    let after = 0n
    const follow = async () => {
      const page = await bench.feed(receiver, { after, limit: 11 })
      seen.push(...page.rows)
      after = page.rows.at(-1)?.position ?? after
      expect(page.applied).toBeGreaterThanOrEqual(after)
      return page
    }
    while (seen.length < old.length + 100) await follow()
    const sent = [...old, ...(await writer.stop())]
    while (seen.length < sent.length) await follow()
    expect(ids(seen)).toEqual(sent)
  })
})

describe('a page', () => {
  test('holds what was asked for: author, topic, answers, and what lies between two cursors', async () => {
    const receiver = aKeyPair().publicKey
    const [ann, ben] = [aKeyPair(), aKeyPair()]
    const question = aMessage(ann, receiver, { text: 'question' }, 'tea')
    const answer = aMessage(ben, receiver, { text: 'answer', replyTo: messageId(question) }, 'tea')
    const other = aMessage(ann, receiver, { text: 'other' })
    const first = await bench.accept([question, answer, other])
    await expect.poll(async () => (await bench.feed(receiver)).rows).toHaveLength(3)
    const asked = async (given: Parameters<typeof bench.feed>[1]) => ids((await bench.feed(receiver, given)).rows)
    const [q, a, o] = [question, answer, other].map((message) => toHex(messageId(message)))
    expect(await asked({ author: ann.publicKey })).toEqual([o, q])
    expect(await asked({ topic: 'tea' })).toEqual([a, q])
    expect(await asked({ topic: '' })).toEqual([o])
    expect(await asked({ replyTo: messageId(question) })).toEqual([a])
    expect(await asked({ author: ann.publicKey, topic: 'tea', after: 0n })).toEqual([q])
    expect(await asked({ after: first, before: first + 2n })).toEqual([a])
  })

  test('of large messages ends where its bytes end, and says that there is more', async () => {
    const receiver = aKeyPair().publicKey
    const large = Array.from({ length: 20 }, (_, i) =>
      aMessage(aKeyPair(), receiver, { text: String(i).padEnd(60_000, '.') }),
    )
    for (const message of large) await bench.accept([message])
    await expect
      .poll(async () => (await bench.feed(receiver, { limit: 1 })).rows.map((row) => toHex(row.id)))
      .toEqual([toHex(messageId(large.at(-1) as (typeof large)[number]))])
    const seen: Row[] = []
    for (let page = await bench.feed(receiver, { after: 0n }); ; ) {
      const bytes = page.rows.reduce((sum, row) => sum + ROW_HEADER_BYTES + row.message.length, 0)
      expect(bytes).toBeLessThanOrEqual(PAGE_BYTES_MAX)
      expect(page.rows.length).toBeGreaterThan(0)
      seen.push(...page.rows)
      if (!page.more) break
      page = await bench.feed(receiver, { after: page.rows.at(-1)?.position ?? 0n })
    }
    expect(ids(seen)).toEqual(large.map((message) => toHex(messageId(message))))
  })

  test('does not show what has expired, and shows what will', async () => {
    const receiver = aKeyPair().publicKey
    const now = Math.floor(Date.now() / 1000)
    const past = aMessage(aKeyPair(), receiver, { text: 'past', expires: now - 1 })
    const coming = aMessage(aKeyPair(), receiver, { text: 'coming', expires: now + 3600 })
    await bench.accept([past, coming])
    await expect.poll(async () => ids((await bench.feed(receiver)).rows)).toEqual([toHex(messageId(coming))])
    expect(encodeContent({ text: 'past', expires: now - 1 })).toEqual(past.value)
  })
})
