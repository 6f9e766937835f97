// Real servers for a test file: its own nats-server on a free port, and its own database.
// NATS_URL and POSTGRES_URL win; else they are our own processes.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase, dropDatabase, findNats, NatsServer, type NatsUser, Postgres, thisMachine } from '@p2pmsg/local'
import { inject } from 'vitest'

export type TestNats = AsyncDisposable &
  Readonly<{
    /** @param user one of the users asked for; the first if absent */
    url: (user?: string) => string
    /** Where /varz and /healthz are; undefined for a server of NATS_URL. */
    monitorUrl: string | undefined
    /** The server's own control, for tests that kill it; undefined unless it is our own process. */
    server: NatsServer | undefined
  }>
export type TestDatabase = AsyncDisposable & Readonly<{ url: string }>

const EVERYTHING: readonly NatsUser[] = [{ user: 'test', password: 'test' }]

/**
 * A nats-server with JetStream in a folder that goes away with it.
 * Tests that ask for users with permissions always get a process of our own: a shared server knows no such users.
 */
export async function aNatsServer(options: Readonly<{ users?: readonly NatsUser[] }> = {}): Promise<TestNats> {
  const url = process.env.NATS_URL
  if (!options.users && url) {
    return { url: () => url, monitorUrl: undefined, server: undefined, [Symbol.asyncDispose]: async () => undefined }
  }
  const found = await findNats({ ...thisMachine(), env: { ...process.env, NATS_URL: undefined } })
  if (found.kind !== 'binary') throw new Error('a step other than NATS_URL named a server that runs elsewhere')
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-nats-'))
  const server = await NatsServer.start({ binary: found.path, folder, users: options.users ?? EVERYTHING })
  return {
    url: (user) => server.url(user),
    monitorUrl: server.monitorUrl,
    server,
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** An empty database on the Postgres that all test files share (`global-setup.ts`), dropped at the end. */
export async function aDatabase(): Promise<TestDatabase> {
  const shared = inject('postgresUrl')
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`
  await createDatabase(shared, name)
  const url = new URL(shared)
  url.pathname = `/${name}`
  return { url: url.href, [Symbol.asyncDispose]: () => dropDatabase(shared, name) }
}

/** A Postgres that belongs to the caller alone, for tests that kill it. */
export async function aPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable & Readonly<{ server: Postgres }>> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-postgres-'))
  const server = await Postgres.start({ folder, settings })
  return {
    server,
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
