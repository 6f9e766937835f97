// `npm start` as a process and as a library: a message through everything, kills, leftovers, and an end in order.
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStack } from '@p2pmsg/local'
import { expect, test } from 'vitest'
import { ROOT } from '../support/checkout.ts'

const MINUTES_MS = 3 * 60_000
const POLL_MS = 50
const UP = 'In a second terminal:'

async function aFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'p2pmsg-stack-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** `npm start` without npm and launcher, which have their own tests. */
function aStart(folder: string, ...options: readonly string[]) {
  const words = [join(ROOT, 'deploy', 'local', 'src', 'main.ts'), '--free-ports', '--data', folder, ...options]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const ended = once(child, 'close').then(([code]): unknown => code)
  return {
    child,
    ended,
    output: () => output,
    up: async () => {
      while (!output.includes(UP)) {
        if (child.exitCode !== null) throw new Error(`ended before it was up:\n${output}`)
        await sleep(POLL_MS)
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

/** Process ids of a stack's children, from its lock file. */
async function childrenOf(folder: string): Promise<Record<string, number>> {
  const lock: { children: { name: string; pid: number }[] } = JSON.parse(
    await readFile(join(folder, 'stack.lock'), 'utf8'),
  )
  return Object.fromEntries(lock.children.map(({ name, pid }) => [name, pid]))
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const EVERYTHING = ['ingest', 'nats', 'postgres', 'render-api', 'router', 'store']

test('once: a message goes from UDP to the feed, with a receipt; a second start keeps it', {
  timeout: MINUTES_MS,
}, async () => {
  await using folder = await aFolder()
  await using first = aStart(folder.path, '--once')
  expect(await first.ended, first.output()).toBe(0)
  expect(first.output()).toMatch(/\d+ ms {2}received by the router[^]*\d+ ms {2}read back from the feed/)
  expect(first.output()).toContain('synced: it was on disk before this receipt was signed')
  expect(existsSync(join(folder.path, 'stack.lock'))).toBe(false)
  const [id = ''] = /[0-9a-f]{64}/.exec(first.output()) ?? []
  const receiver = /p2pmsg:\/\/([a-z0-9]{52})/.exec(first.output())?.[1]
  await using second = aStart(folder.path)
  await second.up()
  const url = /feed {5}(http\S+)/.exec(second.output())?.[1]
  expect((await fetch(`${url}/v1/messages/${id}`)).status).toBe(200)
  expect(second.output()).toContain(`p2pmsg://${receiver}@127.0.0.1:`)
})

test('SIGTERM ends all children in order and frees the data', { timeout: MINUTES_MS }, async () => {
  await using folder = await aFolder()
  await using start = aStart(folder.path)
  await start.up()
  const children = await childrenOf(folder.path)
  expect(Object.keys(children).sort()).toEqual(EVERYTHING)
  start.child.kill('SIGTERM')
  expect(await start.ended).toBe(143)
  expect(Object.values(children).filter(isThere)).toEqual([])
  const drained = [...start.output().matchAll(/^(\S+) +\| drained/gm)].map(([, name]) => name)
  expect(drained).toEqual(['router', 'ingest', 'store', 'render-api'])
  expect(existsSync(join(folder.path, 'stack.lock'))).toBe(false)
})

test('a child that dies is named, and everything is stopped', { timeout: MINUTES_MS }, async () => {
  await using folder = await aFolder()
  await using start = aStart(folder.path)
  await start.up()
  const children = await childrenOf(folder.path)
  process.kill(children['ingest'] ?? 0, 'SIGKILL')
  expect(await start.ended).toBe(1)
  expect(start.output()).toContain('ingest ended by itself (signal SIGKILL); everything is being stopped')
  expect(Object.values(children).filter(isThere)).toEqual([])
})

test('what a killed stack left behind is ended by the next one', { timeout: MINUTES_MS }, async () => {
  await using folder = await aFolder()
  const first = aStart(folder.path)
  await first.up()
  const left = await childrenOf(folder.path)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  await using second = aStart(folder.path, '--once')
  expect(await second.ended, second.output()).toBe(0)
  expect(second.output()).toContain(
    `ended postgres (process ${left['postgres']}), left behind by a stack that was killed`,
  )
  expect(Object.values(left).filter(isThere)).toEqual([])
})

test('a second stack on the same data is refused; reset begins anew', { timeout: MINUTES_MS }, async () => {
  await using folder = await aFolder()
  {
    await using first = aStart(folder.path)
    await first.up()
    await using second = aStart(folder.path)
    expect(await second.ended).toBe(75)
    expect(second.output()).toContain(`a stack runs here already (process ${first.child.pid})`)
  }
  const before = await readFile(join(folder.path, 'keys', 'receiver.key'), 'utf8')
  await using again = aStart(folder.path, '--reset', '--once')
  expect(await again.ended, again.output()).toBe(0)
  expect(await readFile(join(folder.path, 'keys', 'receiver.key'), 'utf8')).not.toBe(before)
})

test('a port that is taken is named, and nothing is left running', async () => {
  await using folder = await aFolder()
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  const start = startStack({ folder: folder.path, ports: { udp: port } })
  await expect(start).rejects.toThrow(`UDP port ${port} (messages) is taken by another program`)
  expect(existsSync(join(folder.path, 'stack.lock'))).toBe(false)
  socket.close()
})

test('as a library: every process can be killed and started again; secrets and logs are private', {
  timeout: MINUTES_MS,
}, async () => {
  await using folder = await aFolder()
  await using stack = await startStack({ folder: folder.path, ownServers: true, replicas: { ingest: 2 } })
  const before = stack.pids()
  expect(Object.keys(before).sort()).toEqual([...EVERYTHING, 'ingest-2'].sort())
  for (const name of Object.keys(before)) {
    await stack.kill(name)
    await stack.restart(name)
  }
  const after = stack.pids()
  for (const name of Object.keys(before)) expect(after[name]).not.toBe(before[name])
  expect(await childrenOf(folder.path)).toEqual(after)
  for (const url of Object.values(stack.metricsUrls())) expect((await fetch(`${url}/livez`)).status).toBe(200)
  expect((await stat(join(folder.path, 'keys'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder.path, 'logs', 'router.log'))).mode & 0o777).toBe(0o600)
})
