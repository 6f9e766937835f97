// Proves what a delete does: its author's message goes, whichever of the two came first, and leaves its place behind.
import { DELETE_TYPE, type KeyPair, messageId, messageQuery, statsQuery, toHex, traceQuery } from '@p2pmsg/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

let bench: StoreBench

beforeAll(async () => {
  bench = await StoreBench.start({ partitions: 1 })
  await bench.store()
})

afterAll(() => bench[Symbol.asyncDispose]())

function aDelete(author: KeyPair, receiver: Uint8Array, target: Uint8Array) {
  return aMessage(author, receiver, { type: DELETE_TYPE, replyTo: target })
}

/** What a feed shows, oldest first: ids with `-` before those of which only the place is left. */
async function shown(receiver: Uint8Array): Promise<string[]> {
  const { rows } = await bench.feed(receiver, { after: 0n })
  return rows.map((row) => `${row.message.length === 0 ? '-' : ''}${toHex(row.id)}`)
}

function idOf(message: Parameters<typeof messageId>[0], removed = false): string {
  return `${removed ? '-' : ''}${toHex(messageId(message))}`
}

describe('a delete', () => {
  test('of a stored message leaves a tombstone and takes a place of its own', async () => {
    const [author, receiver] = [aKeyPair(), aKeyPair().publicKey]
    const target = aMessage(author, receiver, { text: 'regretted' })
    const other = aMessage(author, receiver, { text: 'kept' })
    await bench.accept([target, other])
    await expect.poll(() => shown(receiver)).toEqual([idOf(target), idOf(other)])
    const before = await bench.feed(receiver)
    const removal = aDelete(author, receiver, messageId(target))
    await bench.accept([removal])
    await expect.poll(() => shown(receiver)).toEqual([idOf(target, true), idOf(other), idOf(removal)])
    // and every reader can see that something was removed
    expect((await bench.feed(receiver)).revision).toBeGreaterThan(before.revision)
    expect((await bench.ask(statsQuery, receiver)).messages).toBe(2)
    expect((await bench.ask(messageQuery, messageId(target))).row?.message).toHaveLength(0)
    expect((await bench.ask(traceQuery, messageId(target))).stored).toMatchObject({ removed: true })
  })

  test('that comes before its target removes it all the same', async () => {
    const [author, receiver] = [aKeyPair(), aKeyPair().publicKey]
    const target = aMessage(author, receiver, { text: 'late' })
    const removal = aDelete(author, receiver, messageId(target))
    await bench.accept([removal])
    await expect.poll(() => shown(receiver)).toEqual([idOf(removal)])
    const heard = await bench.announcements(receiver)
    await bench.accept([target])
    await expect.poll(() => shown(receiver)).toEqual([idOf(removal), idOf(target, true)])
    // followers hear of the place, never of the words
    const told = () => heard.flatMap(({ rows }) => rows ?? []).filter((row) => toHex(row.id) === idOf(target))
    await expect.poll(() => told().map((row) => row.message.length)).toEqual([0])
  })

  test.each([['before'], ['after']])('in the same batch %s its target removes it', async (order) => {
    const [author, receiver] = [aKeyPair(), aKeyPair().publicKey]
    const target = aMessage(author, receiver, { text: 'short-lived' })
    const removal = aDelete(author, receiver, messageId(target))
    await bench.accept(order === 'before' ? [removal, target] : [target, removal])
    const ids = [idOf(target, true), idOf(removal)]
    await expect.poll(() => shown(receiver)).toEqual(order === 'before' ? ids.toReversed() : ids)
    expect((await bench.feed(receiver)).revision).toBe(1n)
  })

  test('of a stranger, or sent to another receiver, removes nothing, neither before nor after', async () => {
    const [author, stranger] = [aKeyPair(), aKeyPair()]
    const [receiver, elsewhere] = [aKeyPair().publicKey, aKeyPair().publicKey]
    const target = aMessage(author, receiver, { text: 'stays' })
    const late = aMessage(author, receiver, { text: 'stays too' })
    const deletes = [target, late].map((message) => aDelete(stranger, receiver, messageId(message)))
    const wrongFeed = [target, late].map((message) => aDelete(author, elsewhere, messageId(message)))
    await bench.accept([target, ...deletes])
    await bench.accept(wrongFeed)
    await bench.accept([late])
    await expect.poll(() => shown(receiver)).toEqual([target, ...deletes, late].map((message) => idOf(message)))
    expect((await bench.feed(receiver)).revision).toBe(0n)
  })

  test('that is repeated, or whose target is repeated, changes nothing more', async () => {
    const [author, receiver] = [aKeyPair(), aKeyPair().publicKey]
    const target = aMessage(author, receiver, { text: 'once' })
    const removal = aDelete(author, receiver, messageId(target))
    await bench.accept([target, removal])
    await expect.poll(() => shown(receiver)).toHaveLength(2)
    await bench.accept([target, removal, target])
    const end = aMessage(author, receiver, { text: 'end' })
    await bench.accept([end])
    await expect.poll(() => shown(receiver)).toEqual([idOf(target, true), idOf(removal), idOf(end)])
    expect((await bench.feed(receiver)).revision).toBe(1n)
    expect((await bench.ask(statsQuery, receiver)).messages).toBe(2)
  })
})
