// `p2pmsg bench` as a process against a peer on a real UDP port, and the figures that it prints.
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeRefusal, formatAddress } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { latencyOf, tableOf } from '../../src/cli/bench/figures.ts'
import { Shell } from '../support/command.ts'
import { Peer } from '../support/peer.ts'

const POLL_MS = 5

function addressOf(peer: Peer): string {
  const endpoint = { host: '127.0.0.1', port: peer.port }
  return formatAddress({ receiver: peer.receiverKeys.publicKey, endpoint, topic: '' })
}

test('counts what was accepted and refused, and what a bucket put off', async () => {
  await using peer = await Peer.start()
  await using shell = await Shell.open()
  peer.onMessage = (query, from, nth) => {
    if (nth > 0 && nth <= 5) return [encodeRefusal(query.t, 'rate-limited', { retryAfterMs: 10 })]
    if (nth === 6) return [encodeRefusal(query.t, 'blocked')]
    return [peer.accept(query, from)]
  }
  const ran = await shell.p2pmsg('bench', addressOf(peer), '--count', '40', '--window', '8', '--rate', '1000', '--json')
  expect(ran.code).toBe(1) // one of them was refused
  expect(JSON.parse(ran.stdout)).toMatchObject({
    way: 'krpc', // its record offers no pipe
    window: 8,
    size: 100,
    accepted: 39,
    refused: { blocked: 1 },
    unanswered: 0,
    putOff: { 'rate-limited': 5 },
    repeats: 5,
    interrupted: false,
  })
})

test('Ctrl-C prints what there is', async () => {
  await using peer = await Peer.start()
  await using shell = await Shell.open()
  peer.onMessage = (query, from, nth) => (nth < 10 ? [peer.accept(query, from)] : []) // it falls silent
  const child = shell.spawn('bench', addressOf(peer), '--seconds', '3600', '--window', '4')
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const ended = new Promise((resolve) => child.once('close', resolve))
  while (peer.count('msg') < 14) await sleep(POLL_MS)
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(stdout).toMatch(/^accepted +9 /m)
  expect(stdout).toMatch(/^no answer yet +4$/m)
  expect(stdout).toContain('interrupted')
})

test('words that do not go together are told before anything is sent', async () => {
  await using shell = await Shell.open()
  const ran = await shell.p2pmsg('bench', '--count', '1', '--seconds', '1', `p2pmsg://${'y'.repeat(52)}@127.0.0.1:1`)
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('either --count or --seconds') })
})

test('a percentile is the smallest value that so large a part does not exceed', () => {
  expect(latencyOf([])).toBeNull()
  expect(latencyOf([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7 })
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
  expect(latencyOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 })
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1 }), (latencies) => {
      const { p50 = 0, p95 = 0, p99 = 0, max = 0 } = latencyOf(latencies) ?? {}
      expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].toSorted((a, b) => a - b))
      expect(latencies).toContain(p95)
      expect(latencies.filter((ms) => ms <= p95).length).toBeGreaterThanOrEqual(0.95 * latencies.length)
    }),
  )
})

test('the table says whose limit the figures are', () => {
  const figures = {
    way: 'krpc' as const,
    accepted: 0,
    refused: { blocked: 2 },
    unanswered: 0,
    seconds: 1,
    perSecond: 0,
    latency: null,
  }
  const table = tableOf({ ...figures, repeats: 3, putOff: { 'rate-limited': 3 }, interrupted: false })
  expect(table).toMatch(/^refused: blocked +2$/m)
  expect(table).toMatch(/^put off 3 times, rate-limited: a bucket was empty/m)
})
