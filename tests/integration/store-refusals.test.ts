// Proves that refusals are kept for trace, once each, that what is stored wins over them, and that they go after their time.
import { messageDigest, messageId, type Refusal, refused, traceQuery } from '@p2pmsg/protocol'
import { AckPublisher } from '@p2pmsg/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keepDays } from '../../services/store/src/refusal-days.ts'
import { keepRefusals } from '../../services/store/src/refusal-keeper.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { StoreBench } from '../support/store-bench.ts'

let bench: StoreBench
let ingest: AckPublisher

beforeAll(async () => {
  bench = await StoreBench.start({ partitions: 1 })
  await bench.store()
  ingest = new AckPublisher(await bench.bus('ingest'), { inFlightMax: 16, timeoutMs: 5_000 })
})

afterAll(async () => {
  await ingest[Symbol.asyncDispose]()
  await bench[Symbol.asyncDispose]()
})

function aRefusal(id: Uint8Array | undefined, code: Refusal['code'], time = Date.now()): Refusal {
  return { time, code, count: 1, digest: messageDigest(Buffer.from('whole')), id, receiver: aKeyPair().publicKey }
}

const count = async () => (await bench.sql<{ n: number }>('SELECT count(*)::int AS n FROM refusal'))[0]?.n

test('a refused message is traced to its latest refusal; a record that does not parse does not hold up the next', async () => {
  const id = messageId(aMessage(aKeyPair(), aKeyPair().publicKey, { text: 'refused' }))
  await ingest.publish(refused.name, Buffer.from('no record'), {})
  await ingest.publish(refused.name, refused.encode([aRefusal(id, 'too-old', 1), aRefusal(undefined, 'malformed')]), {})
  await ingest.publish(refused.name, refused.encode([aRefusal(id, 'blocked', 2)]), {})
  await expect.poll(async () => (await bench.ask(traceQuery, id)).refused).toEqual({ code: 'blocked', timeMs: 2 })
})

test('stored wins: a forged copy that is refused later hides nothing', async () => {
  const receiver = aKeyPair().publicKey
  const message = aMessage(aKeyPair(), receiver, { text: 'genuine' })
  await bench.accept([message])
  await ingest.publish(refused.name, refused.encode([aRefusal(messageId(message), 'bad-signature')]), {})
  const marker = messageId(aMessage(aKeyPair(), receiver, { text: 'kept after it' }))
  await ingest.publish(refused.name, refused.encode([aRefusal(marker, 'blocked')]), {})
  await expect.poll(async () => (await bench.ask(traceQuery, marker)).refused?.code).toBe('blocked')
  await expect.poll(async () => (await bench.ask(traceQuery, messageId(message))).stored?.removed).toBe(false)
  expect((await bench.ask(traceQuery, messageId(message))).refused).toBeUndefined()
})

test('a redelivery adds nothing, and old days are dropped', async () => {
  const kept = [0, 1].map((slot) => ({ seq: 1_000_000, slot, refusal: aRefusal(undefined, 'poison') }))
  await keepRefusals(bench.db, kept)
  const before = await count()
  await keepRefusals(bench.db, kept)
  expect(await count()).toBe(before)
  // given a day long past
  await bench.sql(`CREATE TABLE refusal_20010101 PARTITION OF refusal FOR VALUES FROM ('2001-01-01') TO ('2001-01-02')`)
  await keepDays(bench.db)
  const [gone] = await bench.sql<{ there: boolean }>(`SELECT to_regclass('refusal_20010101') IS NOT NULL AS there`)
  expect(gone?.there).toBe(false)
  expect(await count()).toBe(before)
})
