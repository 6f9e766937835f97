import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Stack, type StackOptions, startStack } from '@p2pmsg/local'
import { aDatabase, aNatsServer } from './servers.ts'

/**
 * A whole cluster in a folder that goes away with it: own Postgres and NATS, the four services, free ports. Where tests run on
 * containers its servers are those, as `npm start` takes them from NATS_URL and POSTGRES_URL.
 */
export async function aStack(
  options: StackOptions = {},
): Promise<AsyncDisposable & Readonly<{ stack: Stack; lines: string[] }>> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-stack-'))
  const lines: string[] = []
  await using started = new AsyncDisposableStack()
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const ownServers = !process.env.P2PMSG_TEST_DOCKER
  if (!ownServers) await serversElsewhere(started)
  const stack = await startStack({
    folder,
    ownServers,
    ...options,
    onLine: (line, name) => {
      if (lines.length < LINES_MAX) lines.push(`${name} ${line}`)
      if (process.env.P2PMSG_TEST_LOGS) process.stderr.write(`${name} ${line}\n`)
    },
  })
  started.use(stack)
  const open = started.move()
  return { stack, lines, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** In containers, named by the environment of this process until they go. */
async function serversElsewhere(started: AsyncDisposableStack): Promise<void> {
  const nats = started.use(await aNatsServer({ users: [{ user: 'stack', password: 'stack' }] }))
  const database = started.use(await aDatabase())
  const names = { NATS_URL: nats.url(), P2PMSG_NATS_MONITOR_URL: nats.monitorUrl, POSTGRES_URL: database.url }
  Object.assign(process.env, names)
  started.defer(() => {
    for (const name of Object.keys(names)) delete process.env[name]
  })
}

/** Log lines kept of one stack. */
const LINES_MAX = 20_000

/** One number of a process's /metrics; the sum over labels; 0 when there is none. */
export async function metricOf(metricsUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text()
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
