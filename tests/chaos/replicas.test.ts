// Proves that replicas share the work, and that a store which sleeps past its lease loses its partitions and, awake again, writes
// nothing over those who took them.
import { setTimeout as sleep } from 'node:timers/promises'
import { type LoadResult, readBack, sendLoad } from '@p2pmsg/bench'
import type { Stack } from '@p2pmsg/local'
import { type KeyPair, PARTITIONS_DEFAULT, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { aReceiverPerPartition } from '../support/receivers.ts'
import { aStack, metricOf } from '../support/stack.ts'

/** Leases are good for 5 s on Postgres's clock; a sibling looks every second. */
const PAST_LEASE_MS = 8_000

function sendToAll(stack: Stack, receivers: readonly KeyPair[], messages: number, rate: number): Promise<LoadResult[]> {
  return Promise.all(
    receivers.map(
      ({ publicKey }) =>
        sendLoad({
          receiver: toHex(publicKey),
          messages,
          window: 64,
          rate,
          udpPort: stack.routers[0]?.udpPort ?? 0,
          sources: ['127.0.0.1'],
          patienceMs: 60_000,
        }).result,
    ),
  )
}

async function expectEverythingOnce(
  stack: Stack,
  receivers: readonly KeyPair[],
  results: readonly LoadResult[],
  messages: number,
) {
  const [renderUrl = ''] = stack.renderUrls
  for (const [i, { publicKey }] of receivers.entries()) {
    const ids = results[i]?.accepted.map(({ id }) => id) ?? []
    expect(ids).toHaveLength(messages)
    const lost = async () => (await readBack(renderUrl, publicKey, ids)).lost
    await expect.poll(lost, { timeout: 30_000 }).toEqual([])
    expect(await readBack(renderUrl, publicKey, ids)).toEqual({
      readable: messages,
      lost: [],
      repeated: [],
      ordered: true,
    })
  }
}

test('two ingests and two stores share the work; one that slept past its lease writes nothing', async () => {
  await using cluster = await aStack({ replicas: { ingest: 2, store: 2 } })
  const { stack, lines } = cluster
  const receivers = await aReceiverPerPartition(stack, PARTITIONS_DEFAULT)
  const metrics = stack.metricsUrls()

  // given work for every partition
  await expectEverythingOnce(stack, receivers, await sendToAll(stack, receivers, 300, 0), 300)

  // then each replica has done some of it
  for (const name of ['ingest', 'ingest-2'])
    expect(await metricOf(metrics[name] ?? '', 'ingest_accepted_total')).toBeGreaterThan(0)
  for (const name of ['store', 'store-2'])
    expect(await metricOf(metrics[name] ?? '', 'store_batch_rows_sum')).toBeGreaterThan(0)

  // when a store is stopped past its lease in the middle of more, and continued
  const sent = sendToAll(stack, receivers, 600, 40)
  await sleep(2_000)
  await stack.kill('store', 'SIGSTOP')
  await sleep(PAST_LEASE_MS)
  expect(await metricOf(metrics['store-2'] ?? '', 'store_partitions_owned')).toBe(PARTITIONS_DEFAULT)
  const asleep = lines.length
  await stack.kill('store', 'SIGCONT')
  const results = await sent

  // then (its sibling has all partitions by now) it notices that it lost its own, and nothing is lost or there twice
  await expect
    .poll(() => lines.slice(asleep).filter((line) => /^store .*(lease|another replica owns)/.test(line)).length, {
      timeout: 10_000,
    })
    .toBeGreaterThan(0)
  await expectEverythingOnce(stack, receivers, results, 600)
}, 180_000)
