import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BusUser, formatAddress } from '@p2pmsg/protocol'
import type { Exit } from './child.ts'
import { StackLock } from './lock.ts'
import { LogFolder } from './log-file.ts'
import { requirePorts } from './ports.ts'
import { type Secrets, secretsIn } from './secrets.ts'
import type { Server } from './server.ts'
import { startNats, startPostgres } from './servers.ts'
import type { Service } from './service.ts'
import { makeServices, type RouterDoors, type Services, type Surroundings } from './services.ts'
import { setUpBus } from './set-up-bus.ts'
import { DATA_FOLDER, type Ports, type StackOptions, settledPorts } from './stack-options.ts'
import { Trouble } from './trouble.ts'
import { UdpSpreader } from './udp-spreader.ts'

const DISK_MB_MIN = 2_500 // what NATS reserves for the streams is 1.3 GB and at most three quarters of what is free
const HOST = '127.0.0.1'

export type Death = Readonly<{ name: string; exit: Exit; lastLines: readonly string[] }>

/** A running cluster on this machine: NATS, Postgres and the four services as processes of their own. */
export class Stack implements AsyncDisposable {
  readonly folder: string
  readonly ports: Ports
  readonly secrets: Secrets
  readonly postgresUrl: string
  readonly natsMonitorUrl: string | undefined
  readonly routers: readonly RouterDoors[]
  /** The UDP port that senders use; 0 in a stack without routers. */
  readonly edgePort: number
  /** Where the feed is read, first replica first. */
  readonly renderUrls: readonly string[]
  /** The first process that ended without being asked to. */
  readonly died: Promise<Death>
  readonly #around: Surroundings
  readonly #services: readonly Service[]
  readonly #servers: ReadonlyMap<string, Server>
  readonly #resources: AsyncDisposableStack
  readonly #spreader: UdpSpreader | undefined

  constructor(parts: {
    folder: string
    ports: Ports
    around: Surroundings
    services: Services
    servers: ReadonlyMap<string, Server>
    died: Promise<Death>
    resources: AsyncDisposableStack
    spreader: UdpSpreader | undefined
  }) {
    this.folder = parts.folder
    this.ports = parts.ports
    this.secrets = parts.around.secrets
    this.postgresUrl = parts.around.postgresUrl
    this.natsMonitorUrl = parts.around.natsMonitorUrl
    this.routers = parts.services.routers
    this.edgePort = parts.services.edgePorts[0] ?? 0
    this.#spreader = parts.spreader
    this.renderUrls = parts.services.renderUrls
    this.#around = parts.around
    this.#services = parts.services.all
    this.#servers = parts.servers
    this.#resources = parts.resources
    this.died = parts.died
  }

  /** The first receiver, with the edge as its host. */
  get receiver(): string {
    const endpoint = this.edgePort === 0 ? undefined : { host: HOST, port: this.edgePort }
    return formatAddress({ receiver: this.secrets.receiverKeys.publicKey, endpoint, topic: '' })
  }

  natsUrl(user: BusUser): string {
    return this.#around.natsUrl(user)
  }

  /** Where each service's /metrics, /livez and /readyz are. */
  metricsUrls(): Record<string, string> {
    return Object.fromEntries(this.#services.map((service) => [service.name, service.metricsUrl]))
  }

  /** Names and process ids of all that runs here: `nats`, `postgres`, `router`, `router-2`, … */
  pids(): Record<string, number> {
    return Object.fromEntries([...this.#servers].map(([name, server]) => [name, server.pid]))
  }

  /** @throws {RangeError} for a name that is not in {@link pids} */
  server(name: string): Server {
    const server = this.#servers.get(name)
    if (!server)
      throw new RangeError(`no process ${name} in this stack; it has ${[...this.#servers.keys()].join(', ')}`)
    return server
  }

  /** SIGKILL waits until the process is gone; other signals are only sent. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const server = this.server(name)
    if (signal === 'SIGKILL') await server.kill()
    else server.signal(signal)
  }

  /**
   * Starts a process again, with the same ports, settings and data; stops it first if it runs. A router behind the spread address
   * is sent nothing more before it is told to stop, as a pod leaves the endpoints before its SIGTERM.
   */
  async restart(name: string): Promise<void> {
    const router = this.routers.find((router) => router.name === name)
    if (router) this.#spreader?.withdraw(router.udpPort)
    await this.server(name).restart()
    if (router) this.#spreader?.add(router.udpPort)
  }

  /** Stops all: routers, ingest, store, render-api, then NATS and Postgres. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

/**
 * Starts everything that is not there yet; what has started is stopped again if a later part does not come up.
 * @throws {Trouble} with what to do: a port that is taken, a disk that is full, a child that died
 */
export async function startStack(given: StackOptions = {}): Promise<Stack> {
  await using resources = new AsyncDisposableStack() // disposed last in, first out
  const { folder = DATA_FOLDER, say = () => undefined } = given
  await requireRoom(folder)
  const lock = resources.use(await StackLock.take(folder, say))
  if (given.reset) {
    for (const part of ['keys', 'logs', 'nats', 'postgres'])
      await rm(join(folder, part), { recursive: true, force: true })
    say(`removed what was in ${folder}`)
  }
  const logs = resources.use(await LogFolder.in(join(folder, 'logs')))
  const options: StackOptions = {
    ...given,
    onLine: (line, name) => {
      logs.write(name, line)
      given.onLine?.(line, name)
    },
  }
  const secrets = await secretsIn(join(folder, 'keys'))
  await requirePorts(fixedPorts(given.ports ?? {}))
  const ports = await settledPorts(given.ports)
  const servers = new Map<string, Server>()
  const { promise: died, resolve: reportDeath } = Promise.withResolvers<Death>()
  const spawned = async (server: Server): Promise<void> => {
    const { name, pid } = server
    void server.exited.then((exit) => {
      if (server.pid === pid && !server.stopping) reportDeath({ name, exit, lastLines: server.lastLines })
    })
    await lock.add(name, pid)
  }
  const keep = (server: Server): void => {
    resources.use(server)
    servers.set(server.name, server)
    given.signal?.throwIfAborted()
    server.onSpawn = spawned
  }
  // Only a start is cut short like this: a stack that is up stops in order.
  const cutShort = (): void => servers.forEach((server) => void server.stop())
  given.signal?.addEventListener('abort', cutShort, { once: true })
  say('starting Postgres and NATS …')
  const database = await startPostgres(options, folder, ports)
  if (database.server) keep(database.server)
  if (database.server) await spawned(database.server)
  const nats = await startNats(options, folder, ports, secrets)
  if (nats.server) keep(nats.server)
  if (nats.server) await spawned(nats.server)
  const around: Surroundings = {
    natsUrl: nats.url,
    natsMonitorUrl: nats.monitorUrl,
    postgresUrl: database.url,
    secrets,
  }
  given.signal?.throwIfAborted()
  const services = await makeServices(options, ports, around)
  await setUpBus(around, services, given.streams ?? {})
  if (services.all.length > 0) say(`starting ${services.all.map((service) => service.name).join(', ')} …`)
  for (const service of services.all.toReversed()) keep(service)
  await startTogether(services.all)
  const routerPorts = services.routers.map((router) => router.udpPort)
  const spreader = given.spread ? resources.use(await UdpSpreader.start(ports.udp, routerPorts)) : undefined
  given.signal?.removeEventListener('abort', cutShort)
  const stack = new Stack({ folder, ports, around, services, servers, died, spreader, resources: resources.move() })
  // What the command reads when it is not told whom to write to.
  await writeFile(join(folder, 'config.json'), `${JSON.stringify({ to: stack.receiver })}\n`)
  return stack
}

/** The first that does not come up ends the others: what they would wait for will not be there. */
async function startTogether(all: readonly Service[]): Promise<void> {
  const failures: unknown[] = []
  await Promise.all(
    all.map(async (service) => {
      try {
        await service.start()
      } catch (error) {
        failures.push(error)
        await Promise.all(all.map((other) => other.stop()))
      }
    }),
  )
  if (failures.length > 0) throw failures[0]
}

async function requireRoom(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  const free = Math.floor((bavail * bsize) / 2 ** 20)
  if (free >= DISK_MB_MIN) return
  throw new Trouble(
    `${free} MB are free under ${folder}; at least ${DISK_MB_MIN} MB are needed: make room and start again`,
    74,
  )
}

/** Only ports that somebody asked for by number can be taken; a free one is free by the way it was found. */
function fixedPorts(ports: Partial<Ports>) {
  const { udp, routerHttp, renderHttp, metrics, nats, natsMonitor, postgres } = ports
  const tcp = (what: string, port = 0) => ({ what, port, protocol: 'tcp' as const })
  return [
    { what: 'messages', port: udp ?? 0, protocol: 'udp' as const },
    tcp("the router's HTTP", routerHttp),
    tcp('the feed', renderHttp),
    tcp('NATS', nats),
    tcp("NATS's monitor", natsMonitor),
    tcp('Postgres', postgres),
    ...Object.entries(metrics ?? {}).map(([service, port]) => tcp(`metrics of ${service}`, port)),
  ].filter(({ port }) => port !== 0)
}
