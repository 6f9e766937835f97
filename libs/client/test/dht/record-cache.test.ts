// Proves that a record that its receiver has replaced does not come back, in memory nor on disk.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Item, keyPairFromSeed, signDelegation, signRecord } from '@p2pmsg/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RecordCache } from '../../src/dht/record-cache.ts'

const HOUR_MS = 3_600_000
const NOW_MS = Date.now()
const keys = keyPairFromSeed(Buffer.alloc(32, 5))

function recordOf(seq: bigint): Item {
  const from = Math.floor(NOW_MS / 1000)
  const record = {
    delegation: signDelegation(keys, { receiptKey: keys.publicKey, from, until: from + 86_400 }),
    endpoints: [{ host: '127.0.0.1', port: Number(seq) }],
    feedUrl: undefined,
    postUrl: undefined,
    valueBytesMax: 900,
    pipeKey: undefined,
    sealKey: undefined,
    expires: from + 86_400,
  }
  return signRecord(keys, record, seq)
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2pmsg-records-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('the higher seq stays, whatever a later lookup finds, and is believed from then on', async () => {
  const [older, newer] = [recordOf(1n), recordOf(2n)]
  for (const place of [undefined, folder]) {
    const cache = new RecordCache(place)
    expect(await cache.keep(older, NOW_MS)).toEqual(older)
    expect(await cache.keep(newer, NOW_MS)).toEqual(newer)
    expect(await cache.keep(older, NOW_MS + HOUR_MS)).toEqual(newer)
    expect(await cache.find(keys.publicKey, NOW_MS + HOUR_MS)).toEqual(newer)
    expect(await cache.find(keys.publicKey, NOW_MS + 3 * HOUR_MS)).toBeUndefined()
  }
})

test('the next run remembers it too, even when it is too old to be believed unasked', async () => {
  const [older, newer] = [recordOf(1n), recordOf(2n)]
  await new RecordCache(folder).keep(newer, NOW_MS)
  const next = new RecordCache(folder)
  expect(await next.find(keys.publicKey, NOW_MS + 2 * HOUR_MS)).toBeUndefined()
  expect(await next.keep(older, NOW_MS + 2 * HOUR_MS)).toEqual(newer)
  expect(await new RecordCache(folder).find(keys.publicKey, NOW_MS + 2 * HOUR_MS)).toEqual(newer)
})
