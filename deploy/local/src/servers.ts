import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BusUser } from '@p2pmsg/protocol'
import { busUsers } from './bus-users.ts'
import { thisMachine } from './nats/step.ts'
import { findNats } from './nats-binary.ts'
import { NatsServer } from './nats-server.ts'
import { STATE_FOLDER } from './places.ts'
import { Postgres } from './postgres.ts'
import type { Secrets } from './secrets.ts'
import type { Ports, StackOptions } from './stack-options.ts'

const DATABASE = 'p2pmsg'

/** A NATS to use: our own process, or one that runs elsewhere and is left alone. */
export type Nats = Readonly<{
  url: (user: BusUser) => string
  monitorUrl: string | undefined
  server: NatsServer | undefined
}>
export type Database = Readonly<{ url: string; server: Postgres | undefined }>

/** NATS_URL, or a nats-server with the generated users. An external server's one URL serves all users. */
export async function startNats(options: StackOptions, folder: string, ports: Ports, secrets: Secrets): Promise<Nats> {
  const env = options.ownServers ? { ...process.env, NATS_URL: undefined } : process.env
  // What was brought once serves every data folder.
  const found = await findNats({ ...thisMachine(STATE_FOLDER), env, say: options.say ?? (() => undefined) })
  if (found.kind === 'external') {
    return { url: () => found.url, monitorUrl: env.P2PMSG_NATS_MONITOR_URL, server: undefined }
  }
  const server = await NatsServer.start({
    binary: found.path,
    folder: join(folder, 'nats'),
    users: busUsers(secrets.busPassword),
    port: ports.nats,
    monitorPort: ports.natsMonitor,
    ...(options.onLine && { onLine: options.onLine }),
  })
  return { url: (user) => server.url(user), monitorUrl: server.monitorUrl, server }
}

/** POSTGRES_URL, or a Postgres with an empty database of ours. */
export async function startPostgres(options: StackOptions, folder: string, ports: Ports): Promise<Database> {
  const external = options.ownServers ? undefined : process.env.POSTGRES_URL
  if (external) return { url: external, server: undefined }
  const own = join(folder, 'postgres')
  await mkdir(own, { recursive: true, mode: 0o700 })
  const server = await Postgres.start({
    folder: own,
    port: ports.postgres,
    ...(options.postgresSettings && { settings: options.postgresSettings }),
    ...(options.onLine && { onLine: options.onLine }),
  })
  try {
    return { url: await server.database(DATABASE), server }
  } catch (error) {
    await server.stop()
    throw error
  }
}
