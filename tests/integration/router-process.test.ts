// Proves that the router that operators run, a process of its own with its own grants, takes a message to a real ingest and
// brings back a receipt that verifies; that it counts, drains, and says what is wrong with its configuration.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endWithUs, freePort } from '@p2pmsg/local'
import { messageId, parseReceipt, recordTarget, verifyReceipt } from '@p2pmsg/protocol'
import { afterEach, expect, test } from 'vitest'
import { IngestBench } from '../support/ingest-bench.ts'
import { KrpcPeer } from '../support/krpc-peer.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'

const MAIN = fileURLToPath(new URL('../../services/router/src/main.ts', import.meta.url))
const TELEMETRY = new URL('../../libs/runtime/src/telemetry.ts', import.meta.url).href

const running: ChildProcess[] = []

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

function spawnRouter(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ['--import', TELEMETRY, MAIN], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  endWithUs(child)
  running.push(child)
  return child
}

test('a message goes through the router and an ingest, and the receipt proves it', async () => {
  await using bench = await IngestBench.start()
  await bench.ingest()
  const receiver = await bench.receiver()
  const [udpPort, httpPort, metricsPort] = [await freePort(0, 'udp'), await freePort(), await freePort()]
  const child = spawnRouter({
    NATS_URL: bench.nats.url('router'),
    P2PMSG_CLUSTER_SECRETS: 'ab'.repeat(32),
    P2PMSG_UDP_HOST: '127.0.0.1',
    P2PMSG_UDP_PORT: String(udpPort),
    P2PMSG_HTTP_HOST: '127.0.0.1',
    P2PMSG_HTTP_PORT: String(httpPort),
    P2PMSG_METRICS_PORT: String(metricsPort),
  })
  const health = `http://127.0.0.1:${metricsPort}`
  const ready = async () => (await fetch(`${health}/readyz`).catch(() => undefined))?.status
  await expect.poll(ready, { timeout: 20_000 }).toBe(200)

  await using peer = await KrpcPeer.to(udpPort)
  const token = await peer.token(recordTarget(receiver.publicKey))
  const message = aMessage(aKeyPair(), receiver.publicKey, { text: 'hello' })
  const t = peer.post(message, token)
  let answer = await peer.answerTo(t)
  // on a slow machine `logged` may come first
  if (answer.kind === 'reply' && !answer.body.get('receipt')) answer = await peer.answerTo(t)
  const receipt = parseReceipt((answer.kind === 'reply' && answer.body.bytes('receipt')) || new Uint8Array(0))
  if (!receipt.ok) throw new Error(receipt.fault)
  expect(verifyReceipt(receipt.value, receiver.publicKey, messageId(message)).ok).toBe(true)

  peer.sendBytes(Buffer.from('nobody speaks this'))
  const metrics = async () => (await fetch(`${health}/metrics`)).text()
  await expect.poll(metrics).toMatch(/^p2pmsg_datagrams_total\{.*result="unknown-dialect".*\} 1$/m)
  const text = await metrics()
  expect(text).toMatch(/^p2pmsg_datagrams_total\{.*result="taken".*\} 2$/m)
  expect(text).toMatch(/^p2pmsg_dht_queries_total\{.*method="get".*\} 1$/m)
  expect(text).toMatch(/^p2pmsg_envelopes_total\{.*result="accepted".*\} 1$/m)
  for (const name of [
    'p2pmsg_pack_size_count',
    'p2pmsg_publish_ack_seconds_count',
    'p2pmsg_inflight_packs',
    'p2pmsg_dht_held',
    'p2pmsg_dht_contacts',
  ]) {
    expect(text).toMatch(new RegExp(`^${name}[ {]`, 'm'))
  }
  expect(text).not.toContain('127.0.0.1"')

  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('every problem of the configuration is named in one line, and the exit code says so', async () => {
  const child = spawnRouter({ P2PMSG_METRICS_PORT: '0', P2PMSG_ADVERTISE: 'nowhere', P2PMSG_UDP_PORT: '-1' })
  let said = ''
  child.stderr?.on('data', (chunk) => (said += String(chunk)))
  expect(await once(child, 'exit')).toEqual([78, null])
  for (const name of ['NATS_URL', 'P2PMSG_CLUSTER_SECRETS', 'P2PMSG_ADVERTISE', 'P2PMSG_UDP_PORT']) {
    expect(said).toContain(name)
  }
})

test('a port that is taken fails the start, in one line', async () => {
  await using bench = await IngestBench.start()
  await using taken = await KrpcPeer.to(0)
  const child = spawnRouter({
    NATS_URL: bench.nats.url('router'),
    P2PMSG_CLUSTER_SECRETS: 'ab'.repeat(32),
    P2PMSG_METRICS_PORT: '0',
    P2PMSG_UDP_HOST: '127.0.0.1',
    P2PMSG_UDP_PORT: String(taken.port),
  })
  let said = ''
  child.stderr?.on('data', (chunk) => (said += String(chunk)))
  expect(await once(child, 'exit')).toEqual([1, null])
  expect(said).toMatch(/^router: .*EADDRINUSE/)
})
