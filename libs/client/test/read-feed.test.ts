// What the client makes of a feed's answers, good and bad, from a real HTTP server.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readFeed } from '../src/index.ts'

const MESSAGE = { id: 'ab', position: '1', cursor: 'c', text: 'hi', author: 7, removed: 'yes', extra: {} }
const ANSWERS: Record<string, readonly [number, string]> = {
  '/good': [200, JSON.stringify({ receiver: 'r', messages: [MESSAGE, null, {}, 5], next: 'n' })],
  '/html': [200, '<html>'],
  '/other': [200, '[1]'],
  '/problem': [404, JSON.stringify({ code: 'unknown-receiver', title: 'No receiver.', detail: 'Not hosted here.' })],
  '/broken': [503, ''],
  '/huge': [200, `"${'x'.repeat(34 << 20)}"`],
}
const server = createServer(({ url = '' }, response) => {
  const [status, body] = ANSWERS[new URL(url, 'http://x').pathname] ?? [404, '']
  response.writeHead(status).end(body)
})
const at = (path: string) => new URL(path, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('a page is read; what is no message is left out, what has the wrong type is as if it were not there', async () => {
  const page = await readFeed(at('/good'), { limit: 5 })
  expect(page).toMatchObject({ receiver: 'r', next: 'n' })
  expect(page.messages).toMatchObject([{ id: 'ab', text: 'hi', author: null, removed: false }])
})

test.each([
  ['/html', 'not-json', undefined],
  ['/other', 'no-feed', undefined],
  ['/problem', 'unknown-receiver', 404],
  ['/broken', 'http-503', 503],
  ['/huge', 'too-long', undefined],
])('%s is a failure with a code', async (path, code, status) => {
  await expect(readFeed(at(path), {})).rejects.toMatchObject({ name: 'HttpFailure', code, status })
})

test('whoever stops waiting gets their own reason', async () => {
  await expect(readFeed(at('/good'), {}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
