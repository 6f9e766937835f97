// What the typed client makes of a service's answers, good and bad, from a real HTTP server.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, feedApi } from '../../src/index.ts'

const NOTHING = { author: null, authorName: null, topic: null, type: null, replyTo: null, expires: null, sent: null }
const PLACE = {
  id: 'ab'.repeat(32),
  position: '1',
  cursor: 'AQAAAAAAAAAA',
  dialect: 'krpc',
  url: 'http://feed.example/m/1',
}
const TIMES = { received: '2030-01-01T00:00:00.000Z', stored: '2030-01-01T00:00:00.000Z' }
const MESSAGE = { ...NOTHING, ...PLACE, ...TIMES, text: 'hi', ofALaterRelease: 1 }
const FEED = {
  receiver: 'y'.repeat(52),
  messages: [MESSAGE],
  next: null,
  prev: null,
  resume: null,
  applied: '1',
  revision: '0',
}
const PROBLEM = { code: 'unknown-receiver', title: 'No receiver.', detail: 'Not hosted here.' }
const ANSWERS: Record<string, readonly [number, string]> = {
  good: [200, JSON.stringify(FEED)],
  html: [200, '<html>'],
  other: [200, '[1]'],
  odd: [200, JSON.stringify({ ...FEED, messages: [{ ...MESSAGE, text: 7 }] })],
  problem: [404, JSON.stringify(PROBLEM)],
  busy: [503, JSON.stringify({ ...PROBLEM, code: 'busy' })],
  broken: [503, ''],
  huge: [200, `"${'x'.repeat(34 << 20)}"`],
}
const server = createServer(({ url = '' }, response) => {
  const [status, body] = ANSWERS[new URL(url, 'http://x').pathname.split('/').at(-1) ?? ''] ?? [404, '']
  response.writeHead(status, { 'retry-after': '7' }).end(body)
})
const read = (receiver: string, signal?: AbortSignal) => {
  const api = feedApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}/behind/`)
  const params = { path: { receiver }, query: { limit: 5 } }
  return answerOf(api.GET('/v1/feeds/{receiver}', { params, ...(signal && { signal }) }))
}

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('an answer as described is a value, and what a later release adds does no harm', async () => {
  expect(await read('good')).toEqual(FEED)
})

test.each([
  ['html', 'not-json', 200],
  ['other', 'not-as-described', 200],
  ['odd', 'not-as-described', 200],
  ['problem', 'unknown-receiver', 404],
  ['broken', 'http-503', 503],
  ['huge', 'too-long', undefined],
])('%s is a failure with a code', async (receiver, code, status) => {
  await expect(read(receiver)).rejects.toMatchObject({ name: 'HttpFailure', code, status })
})

test('a service that has no time now says when it has', async () => {
  await expect(read('busy')).rejects.toMatchObject({ code: 'busy', retryAfterMs: 7_000 })
})

test('whoever stops waiting gets their own reason', async () => {
  await expect(read('good', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})

test('a service that is not there is unreachable, and the reason is named', async () => {
  const gone = createServer()
  await once(gone.listen(0, '127.0.0.1'), 'listening')
  const { port } = gone.address() as AddressInfo
  await once(gone.close(), 'close')
  const asked = feedApi(`http://127.0.0.1:${port}`).GET('/limits', {})
  await expect(answerOf(asked)).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})
