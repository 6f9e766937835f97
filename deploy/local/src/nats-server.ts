import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Child } from './child.ts'
import { freePort } from './ports.ts'
import { Server } from './server.ts'

const HOST = '127.0.0.1'
const READY_MS = 20_000 // a store of millions of messages is read through at start
const PROBE_MS = 1_000

/** Subjects as NATS matches them; no list allows everything. */
type SubjectRules = Readonly<{ allow?: readonly string[]; deny?: readonly string[] }>
export type NatsUser = Readonly<{
  user: string
  password: string
  permissions?: Readonly<{ publish?: SubjectRules; subscribe?: SubjectRules; allow_responses?: boolean }>
}>
export type NatsServerOptions = Readonly<{
  binary: string
  /** The folder for its configuration and its streams. */
  folder: string
  /** At least one; a server without users would let everybody in. */
  users: readonly NatsUser[]
  /** 0 or absent: any free port. */
  port?: number
  monitorPort?: number
  onLine?: (line: string, name: string) => void
}>

/** A nats-server of our own with JetStream, every publish synced to disk before its acknowledgement. */
export class NatsServer extends Server {
  override readonly name = 'nats'
  protected override readonly stopSignal = 'SIGTERM'
  protected override readonly stopMs = 15_000
  readonly port: number
  readonly monitorUrl: string
  /** Its configuration; passwords stand in it, so nobody else may read it. */
  readonly configFile: string
  readonly #options: NatsServerOptions

  private constructor(options: NatsServerOptions, port: number, monitorPort: number) {
    super()
    this.#options = options
    this.port = port
    this.monitorUrl = `http://${HOST}:${monitorPort}`
    this.configFile = join(options.folder, 'nats.conf')
  }

  /** @throws {Trouble} with its last lines if it does not come up */
  static async start(options: NatsServerOptions): Promise<NatsServer> {
    const [port, monitorPort] = [await freePort(options.port), await freePort(options.monitorPort)]
    const server = new NatsServer(options, port, monitorPort)
    await mkdir(options.folder, { recursive: true })
    await rm(server.configFile, { force: true }) // a file that is there keeps its mode
    const store = join(options.folder, 'jetstream')
    const text = natsConfiguration({ host: HOST, port, monitorPort, store, users: options.users })
    await writeFile(server.configFile, text, { mode: 0o600 })
    await server.start()
    return server
  }

  /** Where a user connects, password included. @param user one of `users`; the first if absent */
  url(user?: string): string {
    const found = user === undefined ? this.#options.users[0] : this.#options.users.find((one) => one.user === user)
    if (!found) throw new RangeError(`this nats-server has no user ${user ?? ''}`)
    return `nats://${found.user}:${found.password}@${HOST}:${this.port}`
  }

  protected override spawn(): Child {
    const { binary, onLine } = this.#options
    return new Child({
      name: this.name,
      command: binary,
      args: ['--config', this.configFile],
      ...(onLine && { onLine }),
    })
  }

  protected override ready(child: Child): Promise<void> {
    return child.ready(() => isHealthy(this.monitorUrl), READY_MS)
  }
}

export type NatsSettings = Readonly<{
  host: string
  port: number
  monitorPort: number
  /** Where the streams are kept. */
  store: string
  users: readonly NatsUser[]
}>

/** A configuration file's text. nats-server reads JSON as well as its own format, and JSON needs no second quoting rule. */
export function natsConfiguration({ host, port, monitorPort, store, users }: NatsSettings): string {
  const settings = {
    server_name: 'p2pmsg-local',
    host,
    port,
    http: `${host}:${monitorPort}`,
    jetstream: { store_dir: store, sync_interval: 'always' },
    authorization: { users },
  }
  return `${JSON.stringify(settings, null, 2)}\n`
}

async function isHealthy(monitorUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${monitorUrl}/healthz`, { signal: AbortSignal.timeout(PROBE_MS) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
