// Proves that one message can be followed from datagram to commit: the span of its pack at the router is linked from the judging
// of that pack, and that one from the commit; and that log lines carry trace ids but no message.
import { randomBytes } from 'node:crypto'
import { Sender } from '@p2pmsg/client'
import { keyPairFromSeed } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { aSpanCollector, type CollectedSpan } from '../support/span-collector.ts'
import { aStack } from '../support/stack.ts'

const SERVICES = ['router', 'ingest', 'store', 'render-api'] as const
const SECRET_WORDS = 'words-that-must-stay-out-of-logs'

test('from datagram to commit, pack by pack', async () => {
  await using collector = await aSpanCollector()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200', P2PMSG_LOG_LEVEL: 'debug' }
  const envs = Object.fromEntries(SERVICES.map((service) => [service, env]))
  await using cluster = await aStack({ env: envs })

  // when a message goes the whole way
  await using sender = await Sender.start({
    keys: keyPairFromSeed(randomBytes(32)),
    address: cluster.stack.receiver,
    wait: 'stored',
  })
  await sender.send({ text: SECRET_WORDS })

  // then its commit leads back to its judging and that to the pack at the edge
  const find = (service: string, name: string) =>
    collector.spans.find((span) => span.service === `p2pmsg-${service}` && span.name === name)
  const linked = (span: CollectedSpan | undefined, to: CollectedSpan | undefined) =>
    to !== undefined && (span?.links ?? []).some((link) => link.traceId === to.traceId && link.spanId === to.spanId)
  await expect.poll(() => find('store', 'apply messages.v1'), { timeout: 15_000 }).toBeDefined()
  await expect.poll(() => find('router', 'publish edge.v1'), { timeout: 15_000 }).toBeDefined()
  await expect.poll(() => find('ingest', 'judge pack'), { timeout: 15_000 }).toBeDefined()
  expect(linked(find('ingest', 'judge pack'), find('router', 'publish edge.v1'))).toBe(true)
  expect(linked(find('store', 'apply messages.v1'), find('ingest', 'judge pack'))).toBe(true)

  // and node:http is patched too: a call at the HTTP door is a span
  await fetch(`${cluster.stack.renderUrls[0]}`).then((response) => response.text())
  await expect.poll(() => find('render-api', 'GET'), { timeout: 15_000 }).toBeDefined()

  // and no line of any log, at its most talkative, quotes the message
  expect(cluster.lines.length).toBeGreaterThan(0)
  expect(cluster.lines.filter((line) => line.includes(SECRET_WORDS))).toEqual([])
  expect(cluster.lines.some((line) => line.includes('trace_id'))).toBe(true)
})
