import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StackLock } from '../src/lock.ts'
import { identityOf, isRunning } from '../src/process-identity.ts'

async function aFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'p2pmsg-lock-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function aProcess() {
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const identity = await identityOf('nats', child.pid ?? 0)
  if (!identity) throw new Error('the process is gone already')
  return { child, identity, [Symbol.dispose]: () => child.kill('SIGKILL') }
}

/** The lock file of a stack whose own process is gone. */
async function aDeadStacksLock(folder: string, children: readonly unknown[]): Promise<void> {
  const owner = { name: 'stack', pid: process.pid, started: 'long ago' } // our number, another's time: a recycled pid
  await writeFile(join(folder, 'stack.lock'), JSON.stringify({ owner, children }))
}

test('a second stack on the same data is refused while the first lives, and welcome after it', async () => {
  await using folder = await aFolder()
  {
    await using _first = await StackLock.take(folder.path, () => undefined)
    await expect(StackLock.take(folder.path, () => undefined)).rejects.toThrow(`process ${process.pid}`)
    expect((await stat(join(folder.path, 'stack.lock'))).mode & 0o777).toBe(0o600)
  }
  await using _second = await StackLock.take(folder.path, () => undefined)
})

test('of two that start at once, one gets the lock', async () => {
  await using folder = await aFolder()
  const takes = await Promise.allSettled([1, 2, 3].map(() => StackLock.take(folder.path, () => undefined)))
  expect(takes.filter((take) => take.status === 'fulfilled')).toHaveLength(1)
})

test('the processes that a killed stack left behind are ended', async () => {
  await using folder = await aFolder()
  using left = await aProcess()
  await aDeadStacksLock(folder.path, [left.identity])
  const said: string[] = []
  await using _lock = await StackLock.take(folder.path, (line) => said.push(line))
  expect(await isRunning(left.identity)).toBe(false)
  expect(said).toEqual([`ended nats (process ${left.identity.pid}), left behind by a stack that was killed`])
})

test('a process that merely has the number of a leftover is left alone', async () => {
  await using folder = await aFolder()
  using stranger = await aProcess()
  await aDeadStacksLock(folder.path, [{ ...stranger.identity, started: 'another time' }])
  await using _lock = await StackLock.take(folder.path, () => undefined)
  expect(await isRunning(stranger.identity)).toBe(true)
})

test.each([
  ['empty', ''],
  ['half written', '{"owner":{"pid":12'],
  [
    'naming every process',
    '{"owner":{"name":"stack","pid":2,"started":"x"},"children":[{"name":"a","pid":-1,"started":"x"}]}',
  ],
])('a lock file that is %s holds nothing up', async (_what, content) => {
  await using folder = await aFolder()
  await writeFile(join(folder.path, 'stack.lock'), content)
  await using _lock = await StackLock.take(folder.path, () => undefined)
})

test('children are written down, and nothing is left when the stack has ended', async () => {
  await using folder = await aFolder()
  using child = await aProcess()
  const lock = await StackLock.take(folder.path, () => undefined)
  await lock.add('nats', child.identity.pid)
  expect(await readdir(folder.path)).toEqual(['stack.lock'])
  await lock[Symbol.asyncDispose]()
  expect(await readdir(folder.path)).toEqual([])
})
