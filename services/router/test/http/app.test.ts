import { randomBytes } from 'node:crypto'
import {
  encodeContent,
  encodeMessage,
  keyPairFromSeed,
  MESSAGE_MEDIA_TYPE,
  type Message,
  messageId,
  signItem,
  toHex,
} from '@p2pmsg/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startHttp } from '../../src/http/app.ts'
import { AnEdge } from '../support/an-edge.ts'

let edge: AnEdge
let url: string
let http: AsyncDisposable & { port: number }

async function listen(options: { trustedProxies?: string[]; provedPerSecond?: number } = {}): Promise<void> {
  edge = new AnEdge(options)
  const driver = { now: () => edge.nowMs, send: () => undefined }
  const parts = { ...edge.parts, receivers: edge.receivers, driver }
  http = await startHttp({ httpHost: '127.0.0.1', httpPort: 0, trustedProxies: options.trustedProxies ?? [] }, parts)
  url = `http://127.0.0.1:${http.port}/v1/messages`
}

beforeEach(() => listen())
afterEach(() => http[Symbol.asyncDispose]())

async function again(options: Parameters<typeof listen>[0]): Promise<void> {
  await http[Symbol.asyncDispose]()
  await listen(options)
}

function post(body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: Buffer.from(body),
    headers: { 'content-type': MESSAGE_MEDIA_TYPE, ...headers },
  })
}

/** Posts and waits until the message is in a pack. */
async function posted(message: Message): Promise<Promise<Response>> {
  const response = post(encodeMessage(message))
  await expect.poll(() => edge.parts.edge.isIdle).toBe(false)
  edge.pass(3)
  edge.acknowledge()
  return response
}

function large(bytes: number): Message {
  const { salt, seq } = edge.message()
  return signItem(edge.author, { salt, seq, value: encodeContent({ body: Buffer.alloc(bytes) }) })
}

describe('a message posted', () => {
  test('is answered with its receipt', async () => {
    const message = edge.message()
    const receipt = randomBytes(300)
    const response = posted(message)
    await expect.poll(() => edge.published.length).toBe(1)
    const packId = edge.published[0]?.id
    if (!packId) throw new Error('nothing was published')
    const accepted = [{ packIndex: 0, id: messageId(message), receipt }]
    edge.parts.edge.verdicts({ packId, accepted, refused: [] }, edge.nowMs)
    const answer = await response
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      id: toHex(messageId(message)),
      stage: 'accepted',
      receipt: receipt.toString('base64url'),
    })
    expect(edge.published[0]?.pack.envelopes[0]?.dialect).toBe('http')
    expect((await post(encodeMessage(message))).status).toBe(200)
  })

  test('is answered with `logged` and where to look, when no verdict comes', async () => {
    edge.host(edge.receiver, undefined, { feedUrl: 'https://feeds.example.org/base' })
    const message = large(60_000)
    const response = posted(message)
    await expect.poll(() => edge.published.length).toBe(1)
    edge.pass(1_500)
    const answer = await response
    expect(answer.status).toBe(202)
    const id = toHex(messageId(message))
    const trace = `https://feeds.example.org/base/v1/messages/${id}/trace`
    expect(await answer.json()).toEqual({ id, stage: 'logged', trace })
  })

  test('that is refused says so in the codes that all ways in share', async () => {
    const response = posted(edge.message())
    await expect.poll(() => edge.published.length).toBe(1)
    const packId = edge.published[0]?.id
    if (!packId) throw new Error('nothing was published')
    edge.parts.edge.verdicts({ packId, accepted: [], refused: [{ packIndex: 0, code: 'bad-signature' }] }, edge.nowMs)
    await expectProblem(await response, 403, 'bad-signature')
  })

  test('while the router drains is busy', async () => {
    edge.parts.edge.stopTaking()
    const answer = await post(encodeMessage(edge.message()))
    expect(answer.headers.get('connection')).toBe('close')
    await expectProblem(answer, 503, 'busy', 1)
  })
})

describe('what is no message', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', randomBytes(200)],
    ['another dict', Buffer.from('d1:k3:abce')],
    ['bytes behind the message', Buffer.from('XX')],
  ])('%s is malformed', async (what, bytes) => {
    const body = what.startsWith('bytes') ? Buffer.concat([encodeMessage(edge.message()), bytes]) : bytes
    await expectProblem(await post(body), 400, 'malformed')
  })

  test('a value or a body that is too large', async () => {
    await expectProblem(await post(encodeMessage(large(65_536))), 413, 'too-large')
    await expectProblem(await post(Buffer.alloc(100_000, 0x64)), 413, 'too-large')
  })

  test('another media type, another path, another method', async () => {
    const json = await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    await expectProblem(json, 415, 'unsupported-media-type')
    await expectProblem(await fetch(new URL('/', url)), 404, 'not-found')
    await expectProblem(await fetch(url), 404, 'not-found')
  })

  test('a receiver that is not hosted', async () => {
    const message = edge.message('hello', keyPairFromSeed(randomBytes(32)))
    await expectProblem(await post(encodeMessage(message)), 404, 'unknown-receiver')
  })
})

describe('rates', () => {
  test('each address has its own, and a forwarded one counts only from a trusted proxy', async () => {
    await again({ provedPerSecond: 2, trustedProxies: ['127.0.0.0/8'] })
    const from = async (client: string) => (await post(Buffer.alloc(3), { 'x-forwarded-for': client })).status
    expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')]).toEqual([400, 400, 429])
    expect(await from('192.0.2.2')).toBe(400)
    await again({ provedPerSecond: 2 })
    expect([await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.3')]).toEqual([400, 400, 429])
    await expectProblem(await post(Buffer.alloc(3)), 429, 'rate-limited', 1)
  })
})

test('any page may post, without credentials', async () => {
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://example.org',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
  expect(preflight.headers.get('access-control-allow-methods')).toBe('POST')
  expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
  expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
  const answer = await post(Buffer.alloc(3), { origin: 'https://example.org' })
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('access-control-expose-headers')).toBe('retry-after')
})

async function expectProblem(answer: Response, status: number, code: string, retryAfter?: number): Promise<void> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(answer.headers.get('retry-after')).toBe(retryAfter === undefined ? null : String(retryAfter))
  const retry = retryAfter === undefined ? {} : { retry_after: retryAfter }
  const problem = { type: `/problems/${code}`, status, code, retryable: retryAfter !== undefined, ...retry }
  expect(await answer.json()).toMatchObject(problem)
  expect(answer.status).toBe(status)
}
