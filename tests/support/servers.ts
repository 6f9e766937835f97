// Real servers for a test file: its own nats-server on a free port, and its own database.
// NATS_URL and POSTGRES_URL win; else the images of P2PMSG_TEST_DOCKER; else they are our own processes.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase, dropDatabase, findNats, NatsServer, type NatsUser, Postgres, thisMachine } from '@p2pmsg/local'
import { inject } from 'vitest'
import { aNatsContainer } from './containers.ts'

export type TestNats = AsyncDisposable &
  Readonly<{
    /** @param user one of the users asked for; the first if absent */
    url: (user?: string) => string
    /** Where /varz and /healthz are; undefined for a server of NATS_URL. */
    monitorUrl: string | undefined
    /** The server's own control, for tests that kill it; there only if `ownProcess` was asked for, or no other server was. */
    server: NatsServer | undefined
  }>
export type TestDatabase = AsyncDisposable & Readonly<{ url: string }>

const EVERYTHING: readonly NatsUser[] = [{ user: 'test', password: 'test' }]

export type TestNatsOptions = Readonly<{
  /** With these users and their permissions; absent: one who may do everything. */
  users?: readonly NatsUser[]
  /** A process that the test can kill and start again. */
  ownProcess?: boolean
}>

/**
 * A nats-server with JetStream in a folder that goes away with it.
 * A test that asks for users gets no server of NATS_URL, which knows none of them.
 */
export async function aNatsServer({ users, ownProcess = false }: TestNatsOptions = {}): Promise<TestNats> {
  const url = process.env.NATS_URL
  if (!users && !ownProcess && url) {
    return { url: () => url, monitorUrl: undefined, server: undefined, [Symbol.asyncDispose]: async () => undefined }
  }
  const known = users ?? EVERYTHING
  const inContainer = ownProcess ? undefined : await aNatsContainer(known)
  if (inContainer) {
    const { container, host, monitorUrl } = inContainer
    return {
      url: (user) => urlOf(host, known, user),
      monitorUrl,
      server: undefined,
      [Symbol.asyncDispose]: () => container.stop().then(() => undefined),
    }
  }
  const found = await findNats({ ...thisMachine(), env: { ...process.env, NATS_URL: undefined } })
  if (found.kind !== 'binary') throw new Error('a step other than NATS_URL named a server that runs elsewhere')
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-nats-'))
  const server = await NatsServer.start({ binary: found.path, folder, users: known })
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

function urlOf(host: string, users: readonly NatsUser[], name?: string): string {
  const user = name === undefined ? users[0] : users.find((one) => one.user === name)
  if (!user) throw new RangeError(`this nats-server has no user ${name ?? ''}`)
  return `nats://${user.user}:${user.password}@${host}`
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
