// Proves that the client keeps its word over a bad network and a killed router, and that the p2pmsg command does what its help
// says, against the whole stack: own NATS and Postgres, the four services as processes.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type FeedMessage, Sender } from '@p2pmsg/client'
import type { Stack } from '@p2pmsg/local'
import { type KeyPair, toHex } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Shell } from '../../libs/client/test/support/command.ts'
import { aReceiverBehind } from '../support/a-receiver-behind.ts'
import { FollowedFeed } from '../support/followed-feed.ts'
import { aKeyPair, aMessage, forged } from '../support/messages.ts'
import { aStack } from '../support/stack.ts'
import { UdpProxy } from '../support/udp-proxy.ts'
import { wholeFeed } from '../support/whole-feed.ts'

let whole: Awaited<ReturnType<typeof aStack>>
let stack: Stack

beforeAll(async () => {
  whole = await aStack()
  stack = whole.stack
})
afterAll(async () => {
  await whole?.[Symbol.asyncDispose]()
})

const routerPort = () => stack.routers[0]?.udpPort ?? 0
const feedBase = () => stack.renderUrls[0] ?? ''

const aReceiver = (port: number, keys?: KeyPair, pipe?: 'pipe' | 'no pipe') => aReceiverBehind(stack, port, keys, pipe)
const feedOf = (receiver: Uint8Array) => wholeFeed(feedBase(), receiver)

test('over a network that loses, repeats and reorders, each message is accepted and in the feed exactly once', async () => {
  // given a receiver whose only router stands behind a bad network
  const network = { to: routerPort(), seed: 1, loss: 0.1, duplicate: 0.1, delayMs: 20 }
  await using proxy = await UdpProxy.start(network)
  const receiver = aKeyPair()
  const address = await aReceiver(proxy.port, receiver)
  // when 100 messages are sent at once
  await using sender = await Sender.start({ keys: aKeyPair(), address, wait: 'accepted', window: 100 })
  const sends = Array.from({ length: 100 }, (_, i) => sender.send({ text: `message ${i}` }))
  const results = await Promise.all(sends)
  // then each has a receipt that verifies, and the feed has each of them once and nothing else
  expect(results.every(({ verified, stage }) => verified && stage === 'accepted')).toBe(true)
  await expect.poll(async () => (await feedOf(receiver.publicKey)).length).toBe(results.length)
  const ids = (await feedOf(receiver.publicKey)).map(({ id }) => id)
  expect(ids.toSorted()).toEqual(results.map(({ id }) => id).toSorted())
  expect(proxy.counts.lost).toBeGreaterThan(10)
  expect(results.some(({ attempts }) => attempts > 1)).toBe(true)
})

test('over the same network a pipe carries 256 messages at a time, each accepted and in the feed exactly once', async () => {
  const network = { to: routerPort(), seed: 3, loss: 0.1, duplicate: 0.1, delayMs: 20 }
  await using proxy = await UdpProxy.start(network)
  const receiver = aKeyPair()
  const address = await aReceiver(proxy.port, receiver, 'pipe')
  await using sender = await Sender.start({ keys: aKeyPair(), address, wait: 'stored', window: 256 })
  const ways: string[] = []
  sender.on('way', (way) => ways.push(way))
  const results = await Promise.all(Array.from({ length: 600 }, (_, i) => sender.send({ text: `message ${i}` })))
  expect(results.every(({ verified }) => verified)).toBe(true)
  const ids = (await feedOf(receiver.publicKey)).map(({ id }) => id)
  expect(ids.toSorted()).toEqual(results.map(({ id }) => id).toSorted())
  expect(ways).toEqual([])
  expect(proxy.counts.lost).toBeGreaterThan(20)
})

test('where pipes are blocked messages go by datagram, where all datagrams are over HTTP, and back over the pipe', async () => {
  await using proxy = await UdpProxy.start({ to: routerPort(), seed: 4, loss: 0, duplicate: 0, delayMs: 0 })
  const receiver = aKeyPair()
  const address = await aReceiver(proxy.port, receiver, 'pipe')
  proxy.blocked = 'pipes'
  await using sender = await Sender.start({ keys: aKeyPair(), address, wait: 'stored' })
  const sent: string[] = []
  const send = async () => {
    sent.push((await sender.send({ text: `${sent.length}` })).id)
    return sender.way
  }
  expect(await send()).toBe('krpc')
  expect(await send()).toBe('krpc')
  proxy.blocked = 'everything'
  expect(await send()).toBe('http')
  expect(await send()).toBe('http')
  proxy.blocked = 'nothing'
  while ((await send()) !== 'pipe');
  const ids = (await feedOf(receiver.publicKey)).map(({ id }) => id)
  expect(ids).toEqual(sent)
})

test('an ordered sender has its messages in the feed in the order of sending, whatever the network does', async () => {
  const network = { to: routerPort(), seed: 2, loss: 0.1, duplicate: 0.2, delayMs: 10 }
  await using proxy = await UdpProxy.start(network)
  const receiver = aKeyPair()
  const address = await aReceiver(proxy.port, receiver)
  await using sender = await Sender.start({ keys: aKeyPair(), address, wait: 'stored', ordered: true })
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => sender.send({ text: `${i}` })))
  const ids = (await feedOf(receiver.publicKey)).map(({ id }) => id)
  expect(ids).toEqual(results.map(({ id }) => id))
})

test('a message that no datagram holds goes over HTTP, and reads back whole', async () => {
  const receiver = aKeyPair()
  const address = await aReceiver(routerPort(), receiver)
  await using sender = await Sender.start({ keys: aKeyPair(), address, wait: 'stored' })
  const text = 'long '.repeat(10_000)
  expect(await sender.send({ text })).toMatchObject({ stage: 'stored', verified: true })
  expect((await feedOf(receiver.publicKey)).map((message) => message.text)).toEqual([text])
})

test('refusals of the real cluster end a message with their code', async () => {
  const receiver = aKeyPair()
  const address = await aReceiver(routerPort(), receiver)
  await using sender = await Sender.start({ keys: aKeyPair(), address })
  const good = aMessage(aKeyPair(), receiver.publicKey, { text: 'hello' })
  await expect(sender.deliver(forged(good))).rejects.toMatchObject({ name: 'Refused', code: 'bad-signature' })
  expect((await sender.deliver(good)).verified).toBe(true)
  const old = aMessage(aKeyPair(), receiver.publicKey, { text: 'old' }, '', 1n)
  await expect(sender.deliver(old)).rejects.toMatchObject({ code: 'too-old', nowMs: expect.any(Number) })
  const elsewhere = { receiver: aKeyPair().publicKey, endpoint: { host: '127.0.0.1', port: routerPort() }, topic: '' }
  await using lost = await Sender.start({ keys: aKeyPair(), address: elsewhere })
  await expect(lost.send({ text: 'anyone?' })).rejects.toMatchObject({ code: 'unknown-receiver' })
})

test('a router that is killed and comes back costs time and no message', async () => {
  const receiver = aKeyPair()
  const address = await aReceiver(routerPort(), receiver)
  await using sender = await Sender.start({ keys: aKeyPair(), address, wait: 'stored', window: 16 })
  await sender.send({ text: 'before' })
  const sends = Array.from({ length: 300 }, (_, i) => sender.send({ text: `${i}` }))
  await Promise.any(sends)
  await stack.kill('router')
  await stack.restart('router')
  const results = await Promise.all(sends)
  const ids = (await feedOf(receiver.publicKey)).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(results.filter(({ id }) => !ids.includes(id))).toEqual([])
  expect(ids).toHaveLength(301)
})

test('the command: send, verify, answer, read, ping, record', async () => {
  await using shell = await Shell.open({ P2PMSG_TO: stack.receiver })
  const words = ['send', '--topic', 'weather', '--wait', 'stored', '--save-receipt', 'receipt.json', '--json']
  const sent = await shell.p2pmsg(...words, 'rain by noon')
  expect(sent).toMatchObject({ code: 0, stderr: expect.stringContaining('made a key') })
  const { id } = JSON.parse(sent.stdout) as { id: string }
  expect((await shell.p2pmsg('verify', 'receipt.json', '--to', stack.receiver)).code).toBe(0)
  const saved = JSON.parse(await readFile(join(shell.home, 'receipt.json'), 'utf8')) as {
    id: string
    durability: string
  }
  expect(saved).toMatchObject({ id, durability: 'synced' })
  const answer = await shell.p2pmsg('send', '--wait', 'stored', '--reply-to', id, '--json', 'no, sun')
  expect(answer.code).toBe(0)
  // what it reads back, found by the record and by URL
  const feed = await shell.p2pmsg('feed', '--json', '--limit', '2')
  const messages = feed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FeedMessage)
  expect(messages).toMatchObject([
    { text: 'no, sun', replyTo: id },
    { text: 'rain by noon', topic: 'weather', id },
  ])
  const pretty = await shell.p2pmsg('feed', '--from', feedBase(), '--topic', 'weather')
  expect(pretty.stdout).toMatch(/#weather {2}\[.*\]\n {4}rain by noon/)
  expect(await shell.p2pmsg('ping', '--count', '1', stack.receiver)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/answers in .* ms/),
  })
  expect(await shell.p2pmsg('record', 'show')).toMatchObject({ code: 0, stdout: expect.stringContaining(feedBase()) })
  // what became of it, and whether the feed shows what was signed
  const [traced, nowhere, verified] = await Promise.all([
    shell.p2pmsg('trace', id),
    shell.p2pmsg('trace', '0'.repeat(64), '--from', feedBase()),
    shell.p2pmsg('verify', `${feedBase()}/m/${id}`, '--to', stack.receiver),
  ])
  expect(traced).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/received .*\n +accepted .* ms .*\n +stored /),
  })
  expect(nowhere).toMatchObject({ code: 5, stderr: expect.stringContaining('turned away by a router') })
  expect(verified.stdout.match(/^✓/gm)).toHaveLength(5)
  expect(verified).toMatchObject({ code: 0, stderr: '' })
})

test('the command: a feed is followed through the death of the service, and on the next day from where it stopped', async () => {
  await using shell = await Shell.open()
  const receiver = aKeyPair()
  const address = await aReceiver(routerPort(), receiver)
  await using sender = await Sender.start({ keys: aKeyPair(), address, wait: 'accepted' })
  const send = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => sender.send({ text: `${i}` })))
  const words = ['feed', address, '--follow', '--after', 'oldest', '--state', 'state.json', '--json']
  await send(20)
  const today = new FollowedFeed(shell.spawn(...words))
  await today.until(20)
  const sending = send(200)
  await stack.kill('render-api')
  await stack.restart('render-api')
  await sending
  await send(20)
  await today.until(240)
  expect(await today.ctrlC()).toBe(130)
  await send(3)
  const tomorrow = new FollowedFeed(shell.spawn(...words))
  await tomorrow.until(3)
  expect(await tomorrow.ctrlC()).toBe(130)
  const ids = (await feedOf(receiver.publicKey)).map(({ id }) => id)
  expect([...today.ids, ...tomorrow.ids]).toEqual(ids)
})

test('the command: what is sealed, only the receiver reads, and a wrong key says so', async () => {
  await using shell = await Shell.open({ P2PMSG_TO: stack.receiver })
  expect((await shell.p2pmsg('send', '--seal', '--topic', 'eyes', '--wait', 'stored', 'for your eyes only')).code).toBe(
    0,
  )
  const key = join(shell.home, 'receiver.key')
  await writeFile(key, toHex(stack.secrets.receiverKeys.secretKey.subarray(0, 32)), { mode: 0o600 })
  expect((await shell.p2pmsg('feed', '--limit', '1')).stdout).toMatch(/\n {4}\(sealed, \d+ bytes\)\n/)
  const opened = await shell.p2pmsg('feed', '--limit', '1', '--open', key)
  expect(opened).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('for your eyes only') })
  const wrong = await shell.p2pmsg('feed', '--limit', '1', '--open', join(shell.home, '.config/p2pmsg/key'))
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("is not the receiver's key") })
  expect(wrong.stdout).not.toContain('for your eyes only')
  const heard = await shell.p2pmsg('listen', '--topic', 'eyes', '--count', '1', '--open', key)
  expect(heard).toMatchObject({ code: 0, stdout: expect.stringContaining('for your eyes only') })
  expect(heard.stderr).not.toContain('warning')
})

test('the command: bench says how fast the cluster took messages, and the feed has them', async () => {
  await using shell = await Shell.open()
  const receiver = aKeyPair()
  const address = await aReceiver(routerPort(), receiver)
  const ran = await shell.p2pmsg('bench', address, '--count', '200', '--window', '32', '--size', '40', '--json')
  expect(ran.code).toBe(0)
  expect(JSON.parse(ran.stdout)).toMatchObject({ accepted: 200, refused: {}, unanswered: 0, interrupted: false })
  await expect.poll(async () => (await feedOf(receiver.publicKey)).length).toBe(201)
  const lengths = (await feedOf(receiver.publicKey)).map(({ text }) => text?.length)
  expect(lengths.filter((length) => length === 40)).toHaveLength(200)
})

test('kill −9 of the sending process in the middle: retry sends the rest, and the feed has each line once', async () => {
  // given a process that is killed while it sends lines
  const receiver = aKeyPair()
  const address = await aReceiver(routerPort(), receiver, 'pipe')
  await using shell = await Shell.open({ P2PMSG_TO: address })
  const child = shell.spawn('send', '--follow', '--json')
  child.stdin.on('error', () => undefined) // it dies with most of it unread
  child.stdin.end(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''))
  const told: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    told.push((JSON.parse(line) as { id: string }).id)
    if (told.length === 300) child.kill('SIGKILL')
  }
  // when the outbox is asked to go on
  const before = await shell.p2pmsg('outbox', '--json')
  const left = before.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id)
  const retried = await shell.p2pmsg('outbox', 'retry', '--json')
  expect(retried.code).toBe(0)
  // then nothing is left, and the feed has the first lines, each once; of all of them there are receipts
  expect((await shell.p2pmsg('outbox')).stdout).toBe('')
  const log = await readFile(join(shell.home, '.local/state/p2pmsg/outbox/receipts.ndjson'), 'utf8')
  const kept = log
    .split('\n')
    .filter((line) => line.endsWith('}')) // the kill may have cut one short
    .map((line) => (JSON.parse(line) as { id: string }).id)
  expect(new Set(kept)).toEqual(new Set([...kept, ...told, ...left]))
  await expect.poll(async () => (await feedOf(receiver.publicKey)).length).toBe(new Set(kept).size)
  const feed = await feedOf(receiver.publicKey)
  expect(new Set(feed.map(({ id }) => id))).toEqual(new Set(kept))
  const lines = feed.map(({ text }) => Number(text?.slice('line '.length))).toSorted((a, b) => a - b)
  expect(lines).toEqual(lines.map((_, i) => i))
  expect(left.length).toBeGreaterThan(0)
})
