// What a follower makes of a service that stumbles, hangs up, repeats itself or talks nonsense: a scripted server, real HTTP.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatCursor } from '@p2pmsg/protocol'
import { afterEach, expect, test } from 'vitest'
import { feedApi } from '../../src/index.ts'
import { type FollowEvent, type FollowOptions, followFeed } from '../../src/live/follow-feed.ts'

type Script = (request: IncomingMessage, response: ServerResponse) => void

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const cursor = (position: number) => formatCursor(BigInt(position))

function message(position: number): string {
  const nothing = { author: null, authorName: null, topic: null, type: null, replyTo: null, expires: null, sent: null }
  const times = { received: '2030-01-01T00:00:00Z', stored: '2030-01-01T00:00:00Z' }
  const place = { id: 'ab'.repeat(32), position: String(position), cursor: cursor(position), dialect: 'krpc' }
  const json = JSON.stringify({ ...nothing, ...times, ...place, url: 'http://feed.example/m/1' })
  return `id: ${cursor(position)}\ndata: ${json}\n\n`
}

const opening = (position: number) => `retry: 100\nid: ${cursor(position)}\n\n`
const named = (event: string, position: number) =>
  `id: ${cursor(position)}\nevent: ${event}\ndata: ${JSON.stringify({ cursor: cursor(position) })}\n\n`

function stream(...parts: readonly string[]): Script {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(parts.join(''))
  }
}

function problem(status: number, code: string): Script {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '0' })
    response.end(JSON.stringify({ code, title: 'no' }))
  }
}

/** One script for each connection, the last one again and again. @returns what a follower says, and what it came with */
async function follow(scripts: readonly Script[], options: Partial<FollowOptions> = {}) {
  const came: (string | undefined)[] = []
  const server = createServer((request, response) => {
    came.push(request.headers['last-event-id'] as string | undefined)
    scripts[Math.min(came.length, scripts.length) - 1]?.(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  servers.push(server)
  const api = feedApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const signal = new AbortController().signal
  const events = followFeed({ api, receiver: 'y'.repeat(52), signal, ...options })
  return { events, came }
}

/** As far as the tests look at it. */
function said(event: FollowEvent): string {
  return `${event.kind} ${event.cursor ?? '-'}`
}

async function until(events: AsyncIterable<FollowEvent>, last: string): Promise<string[]> {
  const heard: string[] = []
  for await (const event of events) {
    heard.push(said(event))
    if (heard.at(-1) === last) return heard
  }
  return heard
}

test('it comes back with the last message that it gave out, and leaves out what it gave before', async () => {
  const { events, came } = await follow([
    stream(opening(0), message(1), message(2)),
    stream(opening(2), message(2), message(3), named('drain', 3)),
    stream(opening(3), message(4)),
  ])
  const heard = await until(events, `message ${cursor(4)}`)
  const messages = heard.filter((words) => words.startsWith('message'))
  expect(messages).toEqual([1, 2, 3, 4].map((position) => `message ${cursor(position)}`))
  expect(heard).toContain(`drain ${cursor(3)}`)
  expect(came).toEqual([undefined, cursor(2), cursor(3)])
})

test('an event that was cut off is none: it comes whole with the next connection', async () => {
  const [cut = ''] = message(2).split('"id"')
  const { events, came } = await follow([stream(opening(0), message(1), cut), stream(opening(1), message(2))])
  expect(await until(events, `message ${cursor(2)}`)).toEqual([
    `following ${cursor(0)}`,
    `message ${cursor(1)}`,
    `following ${cursor(1)}`,
    `message ${cursor(2)}`,
  ])
  expect(came).toEqual([undefined, cursor(1)])
})

test('behind a gap everything follows, what was there before too', async () => {
  const gap = `event: gap\ndata: ${JSON.stringify({ oldest: cursor(0) })}\n\n`
  const { events } = await follow([stream(opening(8), message(9)), stream(gap, opening(0), message(1), message(9))])
  const heard: string[] = []
  for await (const event of events) if (heard.push(said(event)) === 6) break
  expect(heard).toEqual([
    `following ${cursor(8)}`,
    `message ${cursor(9)}`,
    `gap ${cursor(0)}`,
    `following ${cursor(0)}`,
    `message ${cursor(1)}`,
    `message ${cursor(9)}`,
  ])
})

test('a service without time is asked again when it says; one that refuses for good is not', async () => {
  const { events, came } = await follow([
    problem(429, 'rate-limited'),
    problem(503, 'unavailable'),
    stream(opening(0), message(1)),
  ])
  const heard = await until(events, `message ${cursor(1)}`)
  expect(heard.filter((words) => words.startsWith('lost'))).toHaveLength(2)
  expect(came).toHaveLength(3)
  const refused = await follow([problem(404, 'unknown-receiver')])
  await expect(until(refused.events, 'never')).rejects.toMatchObject({ code: 'unknown-receiver' })
  const mistaken = await follow([problem(400, 'malformed')])
  await expect(until(mistaken.events, 'never')).rejects.toMatchObject({ code: 'malformed' })
})

test('a feed that goes away ends it, told or not', async () => {
  const told = await follow([stream(opening(0), message(1), named('gone', 1))])
  expect(await until(told.events, 'never')).toEqual([
    `following ${cursor(0)}`,
    `message ${cursor(1)}`,
    `gone ${cursor(1)}`,
  ])
  const untold = await follow([stream(opening(0), named('slow', 0)), problem(404, 'unknown-receiver')])
  expect(await until(untold.events, 'never')).toEqual([
    `following ${cursor(0)}`,
    `slow ${cursor(0)}`,
    `gone ${cursor(0)}`,
  ])
})

test.each([
  ['what is no message', `${opening(0)}data: {"id":"1"}\n\n`, 'not-as-described'],
  ['what is not JSON', `${opening(0)}data: <html>\n\n`, 'not-as-described'],
  ['an event without end', `${opening(0)}data: ${'x'.repeat(3 << 20)}`, 'too-long'],
])('%s is an end with a code', async (_name, text, code) => {
  const { events } = await follow([stream(text)])
  await expect(until(events, 'never')).rejects.toMatchObject({ code })
})

test('what answers without being a feed is told from one', async () => {
  const page: Script = (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')
  const { events, came } = await follow([page])
  await expect(until(events, 'never')).rejects.toMatchObject({ code: 'no-stream' })
  expect(came).toHaveLength(1)
})

test('events of a later release do no harm', async () => {
  const { events } = await follow([stream(opening(0), `event: weather\ndata: rain\n\n`, message(1))])
  expect(await until(events, `message ${cursor(1)}`)).toEqual([`following ${cursor(0)}`, `message ${cursor(1)}`])
})

test('whoever has seen enough ends it with their own reason, while it waits too', async () => {
  const enough = new AbortController()
  const { events } = await follow([problem(503, 'unavailable')], { signal: enough.signal })
  await events.next()
  const rest = events.next()
  enough.abort(new Error('enough'))
  await expect(rest).rejects.toThrow('enough')
})
