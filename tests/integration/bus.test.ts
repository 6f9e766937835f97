// Proves that the bus library works with exactly the generated grants, on a real server: publish, pull, watch, read, purge;
// and that each user is denied what belongs to its neighbour.

import { setUp } from '@p2pmsg/admin'
import { busUsers } from '@p2pmsg/local'
import type { BusUser } from '@p2pmsg/protocol'
import {
  EDGE_STREAM,
  feedQuery,
  INGEST_CONSUMER,
  MESSAGES_STREAM,
  RECEIVERS_BUCKET,
  ROUTERS_BUCKET,
} from '@p2pmsg/protocol'
import {
  AckPublisher,
  type Bus,
  connectBus,
  createLogger,
  directGet,
  openBucket,
  Puller,
  purgeBelow,
  readOrdered,
  readPartitions,
  streamInfo,
  watchBucket,
} from '@p2pmsg/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aNatsServer, type TestNats } from '../support/servers.ts'

const log = createLogger('admin', 'silent')
let nats: TestNats
const connections: Bus[] = []

async function busOf(service: BusUser): Promise<Bus> {
  const bus = await connectBus({ url: nats.url(service), service, log })
  connections.push(bus)
  return bus
}

beforeAll(async () => {
  nats = await aNatsServer({ users: busUsers((user) => `password-of-${user}`) })
  await setUp(await busOf('admin'), { partitions: 3 })
})

afterAll(async () => {
  for (const bus of connections) await bus[Symbol.asyncDispose]()
  await nats[Symbol.asyncDispose]()
})

describe('with its own grants', () => {
  test('a router publishes packs and an ingest pulls, acknowledges and publishes blocks that a store reads', async () => {
    const [router, ingest, store] = [await busOf('router'), await busOf('ingest'), await busOf('store')]
    await using packs = new AckPublisher(router, { inFlightMax: 8, timeoutMs: 2_000 })
    await using puller = new Puller(ingest, { stream: EDGE_STREAM, consumer: INGEST_CONSUMER, expiresMs: 1_000 })
    await using blocks = new AckPublisher(ingest, { inFlightMax: 8, timeoutMs: 2_000 })

    // given three packs
    for (const name of ['a', 'b', 'c']) {
      expect(await packs.publish('edge.v1', Buffer.from(name), { msgId: name })).toMatchObject({ duplicate: false })
    }
    expect(await packs.publish('edge.v1', Buffer.from('c again'), { msgId: 'c' })).toMatchObject({
      duplicate: true,
      seq: 3,
    })

    // when two are pulled and one is given back
    const first = await puller.fetch(2)
    expect(first.map(({ data }) => Buffer.from(data).toString())).toEqual(['a', 'b'])
    expect(first.map(({ delivered }) => delivered)).toEqual([1, 1])
    first[0]?.ack()
    first[1]?.nak()

    // then the rest comes, the returned one for the second time
    const rest: [string, number][] = []
    while (rest.length < 2) {
      for (const delivery of await puller.fetch(8)) {
        rest.push([Buffer.from(delivery.data).toString(), delivery.delivered])
        delivery.ack()
      }
    }
    expect(rest.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ['b', 2],
      ['c', 1],
    ])

    // and blocks go in at the epoch's first sequence, are read in order, got one by one and purged
    expect(await readPartitions(store)).toBe(3)
    const acks = []
    for (const name of ['x', 'y']) acks.push(await blocks.publish('messages.v1.1', Buffer.from(name), { msgId: name }))
    expect(acks[0]?.seq).toBe(2 ** 40)
    expect(Buffer.from((await directGet(ingest, MESSAGES_STREAM, 2 ** 40 + 1))?.data ?? []).toString()).toBe('y')
    expect(await directGet(store, MESSAGES_STREAM, 2 ** 40 + 7)).toBeUndefined()
    using reader = await readOrdered(store, {
      stream: MESSAGES_STREAM,
      subject: 'messages.v1.1',
      startSeq: 2 ** 40 + 1,
    })
    for await (const { seq, data } of reader) {
      expect([seq, Buffer.from(data).toString()]).toEqual([2 ** 40 + 1, 'y'])
      break
    }
    expect(await purgeBelow(store, MESSAGES_STREAM, 2 ** 40 + 1)).toBe(1)
    expect((await streamInfo(store, MESSAGES_STREAM)).state.first_seq).toBe(2 ** 40 + 1)
  })

  test('buckets are followed: what was there, then each change', async () => {
    const admin = await busOf('admin')
    const receivers = await openBucket(admin, RECEIVERS_BUCKET)
    await receivers.put('aa', 'first')
    for (const service of ['router', 'ingest', 'render-api'] as const) {
      const seen = new Map<string, string>()
      const handler = {
        onPut: (name: string, bytes: Uint8Array) => void seen.set(name, Buffer.from(bytes).toString()),
        onDelete: (name: string) => void seen.delete(name),
      }
      await using _ = await watchBucket(await busOf(service), RECEIVERS_BUCKET, handler, log)
      expect(seen.get('aa')).toBe('first')
      await receivers.put(`bb-${service}`, 'later')
      await expect.poll(() => seen.get(`bb-${service}`)).toBe('later')
      await receivers.delete(`bb-${service}`)
      await expect.poll(() => seen.has(`bb-${service}`)).toBe(false)
    }
    const router = await busOf('router')
    const routers = await openBucket(router, ROUTERS_BUCKET)
    const seen: string[] = []
    await using _ = await watchBucket(
      router,
      ROUTERS_BUCKET,
      { onPut: (name) => void seen.push(name), onDelete() {} },
      log,
    )
    await routers.put('cc', 'me')
    await expect.poll(() => seen).toEqual(['cc'])
    await routers.delete('cc')
  })

  test('a reader asks a store', async () => {
    const [store, reader] = [await busOf('store'), await busOf('render-api')]
    store.nc.subscribe(feedQuery.name, {
      queue: 'store',
      callback: (_, message) => void message.respond(feedQuery.encodeReply({ ok: false, code: 'unavailable' })),
    })
    await store.nc.flush()
    const question = {
      receiver: Buffer.alloc(32),
      limit: 1,
      before: undefined,
      after: undefined,
      author: undefined,
      topic: undefined,
      replyTo: undefined,
      search: undefined,
    }
    expect(await reader.request(feedQuery, question, 2_000)).toEqual({ ok: false, code: 'unavailable' })
  })
})

describe('a neighbour is denied', () => {
  const FORBIDDEN: readonly [BusUser, string][] = [
    ['router', 'messages.v1.0'],
    ['router', 'verdicts.v1.0011223344556677'],
    ['router', 'committed.v1.0'],
    ['router', `$JS.API.STREAM.PURGE.${MESSAGES_STREAM}`],
    ['ingest', 'edge.v1'],
    ['ingest', `$JS.API.STREAM.DELETE.${MESSAGES_STREAM}`],
    ['ingest', '$KV.receivers.aa'],
    ['store', 'edge.v1'],
    ['store', 'messages.v1.0'],
    ['store', '_INBOX_render_api.guess'],
    ['render-api', 'edge.v1'],
    ['render-api', 'messages.v1.0'],
    ['render-api', 'committed.v1.0'],
    ['render-api', `$JS.API.STREAM.CREATE.SPY`],
  ]
  test.each(FORBIDDEN)('%s may not publish to %s', async (service, subject) => {
    const bus = await busOf(service)
    const errors: string[] = []
    void (async () => {
      for await (const status of bus.nc.status()) if (status.type === 'error') errors.push(status.error.message)
    })()
    bus.nc.publish(subject, 'x')
    await bus.nc.flush()
    await expect.poll(() => errors.join()).toContain('Permissions Violation')
  })

  test.each([
    ['render-api', '_INBOX_router.>'],
    ['router', 'edge.v1'],
    ['store', 'verdicts.v1.*'],
    ['ingest', '>'],
  ] as const)('%s may not subscribe to %s', async (service, subject) => {
    const bus = await busOf(service)
    const refusal = new Promise<string>((resolve) => {
      bus.nc.subscribe(subject, { callback: (error) => void (error && resolve(error.message)) })
    })
    expect(await refusal).toContain('Permissions Violation')
  })
})
