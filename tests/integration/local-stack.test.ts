// `npm start` as a process and as a library: a message through everything, kills, leftovers, and an end in order.
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithUs, startStack } from '@p2pmsg/local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
  endWithUs(child)
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

/** One data folder for all starts, each of which finds what the one before left: what a person does with it in a week. */
describe('npm start', () => {
  let folder: Awaited<ReturnType<typeof aFolder>>
  let first: { id: string; receiver: string }
  beforeAll(async () => {
    folder = await aFolder()
  })
  afterAll(() => folder[Symbol.asyncDispose]())

  test('once: a message goes from UDP to the feed, with a receipt', { timeout: MINUTES_MS }, async () => {
    await using start = aStart(folder.path, '--once')
    expect(await start.ended, start.output()).toBe(0)
    expect(start.output()).toMatch(/\d+ ms {2}received by the router[^]*\d+ ms {2}read back from the feed/)
    expect(start.output()).toContain('synced: it was on disk before this receipt was signed')
    expect(existsSync(join(folder.path, 'stack.lock'))).toBe(false)
    const [id = ''] = /[0-9a-f]{64}/.exec(start.output()) ?? []
    first = { id, receiver: /p2pmsg:\/\/([a-z0-9]{52})/.exec(start.output())?.[1] ?? '' }
  })

  test('a second start keeps everything; another beside it is refused; a child that dies is named and all is stopped', {
    timeout: MINUTES_MS,
  }, async () => {
    await using start = aStart(folder.path)
    await start.up()
    const url = /feed {5}(http\S+)/.exec(start.output())?.[1]
    expect((await fetch(`${url}/v1/messages/${first.id}`)).status).toBe(200)
    expect(start.output()).toContain(`p2pmsg://${first.receiver}@127.0.0.1:`)

    await using beside = aStart(folder.path)
    expect(await beside.ended).toBe(75)
    expect(beside.output()).toContain(`a stack runs here already (process ${start.child.pid})`)

    const children = await childrenOf(folder.path)
    expect(Object.keys(children).sort()).toEqual(EVERYTHING)
    process.kill(children['ingest'] ?? 0, 'SIGKILL')
    expect(await start.ended).toBe(1)
    expect(start.output()).toContain('ingest ended by itself (signal SIGKILL); everything is being stopped')
    expect(Object.values(children).filter(isThere)).toEqual([])
  })

  test('a start that is killed takes its children with it', { timeout: MINUTES_MS }, async () => {
    await using start = aStart(folder.path)
    await start.up()
    const children = await childrenOf(folder.path)
    start.child.kill('SIGKILL')
    await start.ended
    await expect.poll(() => Object.values(children).filter(isThere)).toEqual([])
    expect(existsSync(join(folder.path, 'stack.lock'))).toBe(true)
  })

  test('the one after it begins anew if told to; SIGTERM ends all children in order and frees the data', {
    timeout: MINUTES_MS,
  }, async () => {
    const before = await readFile(join(folder.path, 'keys', 'receiver.key'), 'utf8')
    await using start = aStart(folder.path, '--reset')
    await start.up()
    expect(await readFile(join(folder.path, 'keys', 'receiver.key'), 'utf8')).not.toBe(before)
    const children = await childrenOf(folder.path)
    start.child.kill('SIGTERM')
    expect(await start.ended).toBe(143)
    expect(Object.values(children).filter(isThere)).toEqual([])
    const drained = [...start.output().matchAll(/^(\S+) +\| drained/gm)].map(([, name]) => name)
    expect(drained).toEqual(['router', 'ingest', 'store', 'render-api'])
    expect(existsSync(join(folder.path, 'stack.lock'))).toBe(false)
  })
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
  await Promise.all(Object.keys(before).map((name) => stack.kill(name)))
  const services = Object.keys(before).filter((name) => name !== 'nats' && name !== 'postgres')
  for (const names of [['nats', 'postgres'], services]) await Promise.all(names.map((name) => stack.restart(name)))
  const after = stack.pids()
  for (const name of Object.keys(before)) expect(after[name]).not.toBe(before[name])
  expect(await childrenOf(folder.path)).toEqual(after)
  for (const url of Object.values(stack.metricsUrls())) expect((await fetch(`${url}/livez`)).status).toBe(200)
  expect((await stat(join(folder.path, 'keys'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder.path, 'logs', 'router.log'))).mode & 0o777).toBe(0o600)
})
