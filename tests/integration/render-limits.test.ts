// Proves that one client can neither ask nor follow without bound, on real sockets, and that it is served again once it has let go.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RenderBench, type RenderService } from '../support/render-bench.ts'
import { SseReader } from '../support/sse-reader.ts'

let bench: RenderBench
let service: RenderService

beforeAll(async () => {
  bench = await RenderBench.start({ partitions: 1 })
  await bench.stores.store()
  service = await bench.renderApi()
})
afterAll(() => bench[Symbol.asyncDispose]())

test('a client follows as many feeds as /limits says, and another when one of them ends', async () => {
  const { live_feeds_per_client_max: most } = (await (await fetch(`${service.url}/limits`)).json()) as {
    live_feeds_per_client_max: number
  }
  const live = `${bench.feedUrl(service)}/live`
  await expect.poll(() => SseReader.open(live).then((it) => it[Symbol.asyncDispose](), String)).toBe(undefined)
  await using open = new AsyncDisposableStack()
  const readers: SseReader[] = []
  const follow = async () => {
    // the one before may not be known to have gone yet
    await expect
      .poll(() => SseReader.open(live).then((reader) => readers.push(open.use(reader)) > 0, String))
      .toBe(true)
  }
  for (let i = 0; i < most; i++) await follow()
  const refused = await fetch(live)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await refused.json()).toMatchObject({ code: 'rate-limited', retryable: true })
  await readers[0]?.[Symbol.asyncDispose]()
  await follow()
  expect(readers).toHaveLength(most + 1)
})

test('a client that asks too often is told to wait', async () => {
  const strict = await bench.renderApi({ clientRate: 1 })
  const statuses: number[] = []
  for (let i = 0; i < 8; i++) statuses.push((await fetch(`${strict.url}/limits`)).status)
  expect(statuses.slice(0, 4)).toEqual([200, 200, 200, 200])
  expect(statuses).toContain(429)
})
