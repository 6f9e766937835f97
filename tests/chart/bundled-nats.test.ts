// Proves the chart's NATS configuration on three real servers: they find each other, the setup job makes replicated streams, each
// service may do what it does and not what its neighbours do.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSecret, readSetupConfig, setUpCluster } from '@p2pmsg/admin'
import { Child, findNats, freePort, thisMachine } from '@p2pmsg/local'
import { BUS_USERS, type BusUser, committed, edge, grantsOf, messages, storeQueries } from '@p2pmsg/protocol'
import { createLogger, parseBusUrl } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { connectTo } from '../support/bus.ts'
import { render } from '../support/chart.ts'
import { type ChartTools, chartTools } from '../support/chart-tools.ts'

const HOST = '127.0.0.1'
const READY_MS = 30_000
const log = createLogger('admin', 'silent')

const tools = await chartTools()
if (typeof tools === 'string') test.skipIf(tools)(`the chart's NATS: not run, ${tools}`, () => undefined)
else theServers(tools)

type Server = Readonly<{ client: number; route: number; monitor: number }>

/** Three servers by the rendered configuration, in which only ports and folders are this machine's. */
async function threeServers(tools: ChartTools, folder: string) {
  const found = await findNats({ ...thisMachine(), env: { ...process.env, NATS_URL: undefined } })
  if (found.kind !== 'binary') throw new Error('NATS_URL was taken away')
  const manifests = await render(tools)
  const files = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'demo-p2pmsg-nats',
  )?.data
  const servers: Server[] = []
  for (let i = 0; i < 3; i++)
    servers.push({ client: await freePort(), route: await freePort(), monitor: await freePort() })
  const at = (port: keyof Server) => servers.map((server) => `${HOST}:${server[port]}`).join(',')
  const secret = makeSecret('nats', { nats: at('client'), routes: at('route'), postgres: '' })
  const started = new AsyncDisposableStack()
  const children: Child[] = []
  for (const [i, { client, route, monitor }] of servers.entries()) {
    const place = join(folder, `nats-${i}`)
    await mkdir(place)
    const conf = (files?.['nats.conf'] ?? '')
      .replace('0.0.0.0:4222', `${HOST}:${client}`)
      .replace('0.0.0.0:6222', `${HOST}:${route}`)
      .replace('0.0.0.0:8222', `${HOST}:${monitor}`)
      .replace('store_dir: /data', `store_dir: ${place}/data`)
    expect(conf).not.toContain('0.0.0.0')
    const all: Readonly<Record<string, string>> = { ...secret, 'nats.conf': conf }
    for (const name of ['nats.conf', 'secrets.conf', 'routes.conf'] as const)
      await writeFile(join(place, name), all[name] ?? '')
    const child = new Child({
      name: `nats-${i}`,
      command: found.path,
      args: ['--config', join(place, 'nats.conf')],
      env: { POD_NAME: `nats-${i}` },
    })
    started.defer(async () => void (await child.stop('SIGTERM', 5_000)))
    children.push(child)
  }
  for (const [i, child] of children.entries()) {
    const url = `http://${HOST}:${servers[i]?.monitor}/healthz?js-server-only=true`
    await child.ready(async () => (await fetch(url).catch(() => undefined))?.ok ?? false, READY_MS)
  }
  return { started, servers, url: (user: BusUser) => secret[`${user}-url`] ?? '' }
}

/** Whether the server lets a user publish. */
async function mayPublish(url: string, subject: string): Promise<boolean> {
  const { servers, user, password } = parseBusUrl(url)
  const nc = await connectTo(`nats://${user}:${password}@${servers[0]}`)
  let refused = false
  const watched = (async () => {
    for await (const status of nc.status()) if (status.type === 'error') refused = true
  })()
  nc.publish(subject, new Uint8Array(1))
  await nc.flush()
  await nc.flush() // the refusal comes behind the first answer at the latest
  await nc.close()
  await watched
  return !refused
}

function theServers(tools: ChartTools): void {
  test('three servers, replicated streams, and grants that hold', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-bundled-'))
    const { started, servers, url } = await threeServers(tools, folder)
    await using stopped = started
    expect(stopped.disposed).toBe(false)
    const varz = (await (await fetch(`http://${HOST}:${servers[0]?.monitor}/varz`)).json()) as {
      routes: number
      jetstream: { config: { sync_always?: boolean } }
    }
    expect(varz.routes).toBeGreaterThan(0)
    expect(varz.jetstream.config.sync_always).toBe(true)

    const size = String(16 << 20)
    const sizes = { P2PMSG_EDGE_BYTES: size, P2PMSG_MESSAGES_BYTES: size, P2PMSG_REFUSED_BYTES: size }
    const settings = { NATS_URL: url('admin'), P2PMSG_STREAM_REPLICAS: '3', ...sizes }
    await setUpCluster(readSetupConfig(settings), log)

    const subjects = {
      router: edge.name,
      ingest: messages.of(0).name,
      store: committed.of(0).name,
      'render-api': storeQueries.wildcard.replace('*', 'feed'),
    }
    for (const user of BUS_USERS.filter((user) => user !== 'admin')) {
      for (const [owner, subject] of Object.entries(subjects)) {
        const granted = grantsOf(user).publish.some(
          (grant) => grant === subject || grant === subject.replace(/\d+$/, '*'),
        )
        expect([user, owner, await mayPublish(url(user), subject)]).toEqual([user, owner, granted])
      }
    }
    await rm(folder, { recursive: true, force: true })
  })

  test('a wrong password is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-bundled-'))
    const { started, servers } = await threeServers(tools, folder)
    await using stopped = started
    expect(stopped.disposed).toBe(false)
    await expect(connectTo(`nats://router:guess@${HOST}:${servers[0]?.client}`)).rejects.toThrow(/authorization/i)
    await rm(folder, { recursive: true, force: true })
  })
}
