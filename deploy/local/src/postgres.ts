import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.ts'
import { lastLine, runCommand } from './command.ts'
import { answers, createDatabase } from './database.ts'
import { freePort } from './ports.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import { Server } from './server.ts'
import { Trouble } from './trouble.ts'

const HOST = '127.0.0.1'
const USER = 'postgres'
const INIT_MS = 120_000
const READY_MS = 60_000 // recovery after a kill replays the log first
const STARTS_MAX = 20
const RETRY_MS = 250

export type PostgresOptions = Readonly<{
  /** The folder for its data and its password. */
  folder: string
  /** 0 or absent: any free port. */
  port?: number
  /** Server settings beyond the defaults, e.g. `{ max_connections: '200' }`. */
  settings?: Readonly<Record<string, string>>
  onLine?: (line: string, name: string) => void
}>

/** A Postgres of our own, on loopback with a password that was made for it. */
export class Postgres extends Server {
  override readonly name = 'postgres'
  protected override readonly stopSignal = 'SIGINT' // a fast shutdown: sessions are ended, the checkpoint is written
  protected override readonly stopMs = 20_000
  readonly port: number
  readonly #options: PostgresOptions
  readonly #binaries: PostgresBinaries
  readonly #password: string

  private constructor(options: PostgresOptions, binaries: PostgresBinaries, port: number, password: string) {
    super()
    this.#options = options
    this.#binaries = binaries
    this.port = port
    this.#password = password
  }

  /** Makes the cluster if the folder holds none, and starts it. @throws {Trouble} with its last lines */
  static async start(options: PostgresOptions): Promise<Postgres> {
    const binaries = await postgresBinaries()
    const password = await initialized(options, binaries)
    const server = new Postgres(options, binaries, await freePort(options.port), password)
    await server.start()
    return server
  }

  url(database = 'postgres'): string {
    return `postgres://${USER}:${this.#password}@${HOST}:${this.port}/${database}`
  }

  /** Makes a database if it is not there. @returns its URL */
  async database(name: string): Promise<string> {
    await createDatabase(this.url(), name)
    return this.url(name)
  }

  /** A killed server's last backends may hold its memory for a moment; until then the next one refuses to start. */
  override async start(): Promise<void> {
    for (let starts = 1; ; starts += 1) {
      try {
        return await super.start()
      } catch (error) {
        const held = this.lastLines.some((line) => line.includes('pre-existing shared memory block'))
        if (!held || starts === STARTS_MAX) throw error
        await sleep(RETRY_MS)
      }
    }
  }

  protected override spawn(): Child {
    const settings = {
      listen_addresses: HOST,
      port: String(this.port),
      unix_socket_directories: '', // TCP alone: a socket's path may not be longer than 107 bytes, a checkout's may
      ...this.#options.settings,
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const [command, ...args] = [...this.#binaries.prefix, this.#binaries.postgres]
    const { onLine } = this.#options
    return new Child({
      name: this.name,
      command,
      args: [...args, '-D', dataFolder(this.#options), ...flags],
      env: { ...process.env, LC_ALL: 'C' }, // a LANG that is not installed keeps it from starting
      ...(onLine && { onLine }),
    })
  }

  protected override ready(child: Child): Promise<void> {
    return child.ready(() => answers(this.url()), READY_MS)
  }
}

/** Runs initdb unless it has run. @returns the superuser's password */
async function initialized(options: PostgresOptions, binaries: PostgresBinaries): Promise<string> {
  const data = dataFolder(options)
  const passwordFile = join(options.folder, 'password')
  if (await exists(join(data, 'PG_VERSION'))) {
    if (await exists(join(data, 'p2pmsg-complete'))) return (await readFile(passwordFile, 'utf8')).trim()
    await rm(data, { recursive: true, force: true }) // an initdb that was killed half way
  }
  await mkdir(options.folder, { recursive: true })
  const password = randomBytes(18).toString('hex')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  const words = [
    ...binaries.prefix,
    binaries.initdb,
    `--pgdata=${data}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]
  const [command = binaries.initdb, ...args] = words
  const made = await runCommand(command, args, { env: { ...process.env, LC_ALL: 'C' }, timeoutMs: INIT_MS })
  if (made.code !== 0) throw new Trouble(`initdb failed: ${lastLine(made)}`, 73)
  await writeFile(join(data, 'p2pmsg-complete'), '')
  return password
}

function dataFolder(options: PostgresOptions): string {
  return join(options.folder, 'data')
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
