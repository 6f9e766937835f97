// Proves that the insert is total: whatever passes ingest's typing is stored, byte for byte, and can be read back.
import { encodeMessage, messageId, PACK_ENVELOPES_MAX, partitionOf, receiverOf, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { HostileMessages } from '../support/hostile-messages.ts'
import { aKeyPair } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

const COUNT = process.env.P2PMSG_LONG ? 100_000 : 10_000
/** Largest times that a bus record can hold exactly, and the smallest. */
const RECEIVED_MS = [0, 1, Date.now(), Number.MAX_SAFE_INTEGER]
const TIMEOUT_MS = 20 * 60_000

test(`${COUNT} hostile messages that ingest accepts are all stored`, { timeout: TIMEOUT_MS }, async () => {
  await using bench = await StoreBench.start({ partitions: 2 })
  await bench.store()
  const receivers = Array.from({ length: 5 }, () => aKeyPair().publicKey)
  const hostile = new HostileMessages(receivers)
  const sent = new Map<string, Uint8Array>()
  for (let made = 0; made < COUNT; ) {
    // given blocks as ingest makes them: accepted messages of one partition
    const drafts = Array.from({ length: PACK_ENVELOPES_MAX }, () => hostile.next())
    for (const partition of [0, 1]) {
      const accepted = drafts.filter((message) => partitionOf(receiverOf(message), 2) === partition)
      if (accepted.length === 0) continue
      await bench.accept(accepted, RECEIVED_MS[made % RECEIVED_MS.length])
      for (const message of accepted) {
        const id = toHex(messageId(message)) // does not cover the signature: of two with one id, the first is stored
        if (!sent.has(id)) sent.set(id, encodeMessage(message))
      }
    }
    made += drafts.length
  }
  // then each id is there, and each that was not removed has its bytes
  const stored = async () => {
    const [row] = await bench.sql<{ count: number }>('SELECT count(*)::int AS count FROM message')
    return row?.count
  }
  await expect.poll(stored, { timeout: TIMEOUT_MS, interval: 100 }).toBe(sent.size)
  const rows = await bench.sql<{ id: Buffer; message: Buffer }>('SELECT id, message FROM message')
  let removed = 0
  for (const { id, message } of rows) {
    if (message.length === 0) removed++
    else if (!message.equals(sent.get(toHex(id)) ?? Buffer.of())) throw new Error(`${toHex(id)} came back different`)
  }
  expect(removed).toBeGreaterThan(0)
  // and the feeds can be read to their ends
  for (const receiver of receivers) {
    let after = 0n
    for (let page = await bench.feed(receiver, { after }); ; page = await bench.feed(receiver, { after })) {
      after = page.rows.at(-1)?.position ?? after
      if (!page.more) break
    }
  }
})
