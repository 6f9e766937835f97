// Proves that the ingest that operators run, a process of its own with its own grants, starts, counts, drains, and says what
// is wrong with its configuration.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endWithUs, freePort } from '@p2pmsg/local'
import { parseRefusals, REFUSED_STREAM, type Refusal, refused, toHex } from '@p2pmsg/protocol'
import { readOrdered } from '@p2pmsg/runtime'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { acceptedIn, IngestBench } from '../support/ingest-bench.ts'
import { aKeyPair, aMessage, forged } from '../support/messages.ts'

const MAIN = fileURLToPath(new URL('../../services/ingest/src/main.ts', import.meta.url))
const TELEMETRY = new URL('../../libs/runtime/src/telemetry.ts', import.meta.url).href

let folder: string
let running: ChildProcess[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2pmsg-ingest-'))
  running = []
})

afterEach(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await rm(folder, { recursive: true, force: true })
})

function spawnIngest(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ['--import', TELEMETRY, MAIN], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  endWithUs(child)
  running.push(child)
  return child
}

/** @returns where its health and metrics are, when it is ready */
async function startedFor(bench: IngestBench): Promise<{ child: ChildProcess; url: string }> {
  const keyFile = join(folder, 'receipt-key')
  await writeFile(keyFile, toHex(bench.receiptKey.secretKey.subarray(0, 32)))
  const port = await freePort()
  const child = spawnIngest({
    NATS_URL: bench.nats.url('ingest'),
    P2PMSG_RECEIPT_KEY_FILE: keyFile,
    P2PMSG_METRICS_PORT: String(port),
    P2PMSG_VERIFY_THREADS: '1',
  })
  const url = `http://127.0.0.1:${port}`
  const ready = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status
  await expect.poll(ready, { timeout: 45_000 }).toBe(200)
  return { child, url }
}

/** One value of the metrics page. @param label as it stands there: `name="value"` */
async function metric(url: string, name: string, label = ''): Promise<number | undefined> {
  const page = await (await fetch(`${url}/metrics`)).text()
  const line = page.split('\n').find((text) => text.startsWith(`${name}{`) && text.includes(label))
  return line === undefined ? undefined : Number(line.split('} ')[1])
}

test('it judges, counts what it did, and ends with 0 after a drain', async () => {
  await using bench = await IngestBench.start()
  const receiver = await bench.receiver()
  const { child, url } = await startedFor(bench)
  const genuine = aMessage(aKeyPair(), receiver.publicKey, { text: 'hello' })
  const told = await bench.judge([genuine, forged(genuine), forged(genuine)])
  expect(acceptedIn(told)).toEqual([0])
  // the counters say the same as the verdicts
  await expect.poll(() => metric(url, 'ingest_packs_total', 'result="done"')).toBe(1)
  expect(await metric(url, 'ingest_accepted_total')).toBe(1)
  expect(await metric(url, 'ingest_rejects_total', 'reason="bad-signature"')).toBe(2)
  expect(await metric(url, 'ingest_verify_seconds_count')).toBe(1)
  expect(await metric(url, 'p2pmsg_durability_class')).toBe(0) // it was not told where to ask whether the server syncs
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a flood of refusals becomes a hundred lines a second and a number', async () => {
  await using bench = await IngestBench.start()
  const receiver = await bench.receiver()
  const { child } = await startedFor(bench)
  const junk = forged(aMessage(aKeyPair(), receiver.publicKey, { text: 'junk' }))
  const packs = Array.from({ length: 25 }, () => bench.pack(Array.from({ length: 64 }, () => junk)))
  await Promise.all(packs.map((pack) => bench.send(pack)))
  await Promise.all(packs.map((pack) => bench.verdictsOf(pack)))
  child.kill('SIGTERM')
  await once(child, 'exit')
  // every refusal is counted, by a line of its own or in a summary
  const lines = await refusalLines(bench)
  expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(1_600)
  const summaries = lines.filter(({ digest }) => digest === undefined)
  expect(summaries.length).toBeGreaterThan(0)
  expect(lines.length - summaries.length).toBeLessThan(1_600)
})

async function refusalLines(bench: IngestBench): Promise<Refusal[]> {
  const expected = await bench.count(REFUSED_STREAM)
  using records = await readOrdered(bench.admin, { stream: REFUSED_STREAM, subject: refused.name, startSeq: 1 })
  const lines: Refusal[] = []
  let seen = 0
  for await (const { data } of records) {
    const parsed = parseRefusals(data)
    if (!parsed.ok) throw new Error(parsed.fault)
    lines.push(...parsed.value)
    if (++seen === expected) break
  }
  return lines
}

test('one that is told to end while it waits for the bus ends with 0, at once', async () => {
  const keyFile = join(folder, 'receipt-key')
  await writeFile(keyFile, 'ab'.repeat(32))
  const [port, nobody] = [await freePort(), await freePort()]
  const env = { P2PMSG_RECEIPT_KEY_FILE: keyFile, P2PMSG_METRICS_PORT: String(port) }
  const child = spawnIngest({ NATS_URL: `nats://ingest:secret@127.0.0.1:${nobody}`, ...env })
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined))?.status
  await expect.poll(() => status('/livez')).toBe(200)
  expect(await status('/readyz')).toBe(503)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a bad configuration ends it with 78 and one line that names every variable', async () => {
  const port = await freePort()
  const child = spawnIngest({ P2PMSG_METRICS_PORT: String(port), P2PMSG_MAX_AGE: 'a week' })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  expect(await once(child, 'close')).toEqual([78, null])
  expect(errors.trim().split('\n')).toHaveLength(1)
  for (const name of ['NATS_URL', 'P2PMSG_RECEIPT_KEY_FILE', 'P2PMSG_MAX_AGE']) expect(errors).toContain(name)
})
