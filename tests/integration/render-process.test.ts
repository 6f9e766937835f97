// Proves that the render-api that operators run, a process of its own with its own grants, starts, serves, hands its live
// readers on when it stops, and says what is wrong with its configuration.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endWithUs, freePort } from '@p2pmsg/local'
import { toHex } from '@p2pmsg/protocol'
import { afterEach, expect, test } from 'vitest'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { RenderBench } from '../support/render-bench.ts'
import { SseReader } from '../support/sse-reader.ts'

const MAIN = fileURLToPath(new URL('../../services/render-api/src/main.ts', import.meta.url))
const TELEMETRY = new URL('../../libs/runtime/src/telemetry.ts', import.meta.url).href

const running: ChildProcess[] = []

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

function spawnRenderApi(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ['--import', TELEMETRY, MAIN], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  endWithUs(child)
  running.push(child)
  return child
}

test('it serves, tells what it did, and ends with 0 after it has sent its readers on', async () => {
  await using bench = await RenderBench.start()
  await bench.stores.store()
  await bench.accept([aMessage(aKeyPair(), bench.receiver.publicKey, { text: 'hello' })])
  await bench.stored(bench.receiver, 1)
  const [port, metricsPort] = [await freePort(), await freePort()]
  const child = spawnRenderApi({
    NATS_URL: bench.stores.nats.url('render-api'),
    P2PMSG_HTTP_HOST: '127.0.0.1',
    P2PMSG_HTTP_PORT: String(port),
    P2PMSG_METRICS_PORT: String(metricsPort),
    P2PMSG_DEFAULT_RECEIVER: toHex(bench.receiver.publicKey),
  })
  const url = `http://127.0.0.1:${port}`
  const get = (from: string) => fetch(from).catch(() => undefined)
  await expect
    .poll(async () => (await get(`http://127.0.0.1:${metricsPort}/readyz`))?.status, { timeout: 45_000 })
    .toBe(200)
  expect(await (await fetch(`${url}/`)).text()).toContain('hello')
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  expect(metrics).toMatch(/^render_pages_total\{.*source="store".*\} 1/m)

  const live = `${url}/v1/feeds/${toHex(bench.receiver.publicKey)}/live`
  await expect.poll(async () => (await get(`${live}?cursor=x`))?.status).toBe(400)
  await expect
    .poll(() => SseReader.open(`${live}?cursor=AQAAAAAAAAAA`).then((it) => it[Symbol.asyncDispose](), String))
    .toBe(undefined)
  await using reader = await SseReader.open(`${live}?cursor=AQAAAAAAAAAA`)
  await reader.until(({ messages }) => messages.length === 1)
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await reader.ended()
  expect(reader.named('drain')).toHaveLength(1)
  expect(await exited).toEqual([0, null])
})

test('a configuration that cannot be used ends it with 78 and one line that says why', async () => {
  const child = spawnRenderApi({ P2PMSG_METRICS_PORT: '0', P2PMSG_DEFAULT_RECEIVER: 'somebody' })
  let told = ''
  child.stderr?.on('data', (bytes) => (told += String(bytes)))
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(78)
  expect(told).toContain('NATS_URL is required')
  expect(told).toContain('P2PMSG_DEFAULT_RECEIVER must be')
})
