// The same servers from images, through testcontainers: P2PMSG_TEST_DOCKER="<nats image>,<postgres image>". The images behave
// like the official ones (nats-server's arguments; POSTGRES_PASSWORD) and must be there already: nothing is pulled.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, type NatsUser, natsConfiguration, runCommand } from '@p2pmsg/local'
import type { StartedTestContainer } from 'testcontainers'

const CLIENT_PORT = 4222
const MONITOR_PORT = 8222
const POSTGRES_PORT = 5432
const INSPECT_MS = 20_000
const START_MS = 60_000
const POLL_MS = 50
const POSTGRES_DATA = '/var/lib/postgresql'
const CONFIG = '/tmp/nats.conf'

type Images = Readonly<{ nats: string; postgres: string }>

/**
 * The images that were asked for; undefined if none were.
 * @throws {Error} the engine does not answer, or does not hold them: tests that were asked to use them must not use others
 */
async function images(): Promise<Images | undefined> {
  const wanted = process.env.P2PMSG_TEST_DOCKER
  if (!wanted) return undefined
  const [nats, postgres, ...rest] = wanted.split(',').map((name) => name.trim())
  if (!nats || !postgres || rest.length > 0) throw new Error('P2PMSG_TEST_DOCKER is not <nats image>,<postgres image>')
  const { code, stderr } = await runCommand('docker', ['image', 'inspect', nats, postgres], { timeoutMs: INSPECT_MS })
  if (code !== 0) throw new Error(`the Docker engine does not hold ${nats} and ${postgres}: ${stderr.trim()}`)
  return { nats, postgres }
}

export type NatsContainer = Readonly<{ container: StartedTestContainer; host: string; monitorUrl: string }>

/** A nats-server in a container; undefined if no images were asked for. */
export async function aNatsContainer(users: readonly NatsUser[]): Promise<NatsContainer | undefined> {
  const found = await images()
  if (!found) return undefined
  const { GenericContainer, Wait } = await import('testcontainers') // half a second that most test files need not pay
  const [host, store] = ['0.0.0.0', '/tmp/jetstream'] // of the container; the engine publishes the ports
  const content = natsConfiguration({ host, port: CLIENT_PORT, monitorPort: MONITOR_PORT, store, users })
  const container = await new GenericContainer(found.nats)
    .withTmpFs({ [store]: 'rw,mode=1777' }) // what holds on a disk is proved by the same tests without containers
    .withExposedPorts(CLIENT_PORT, MONITOR_PORT)
    .withCopyContentToContainer([{ content, target: CONFIG }])
    .withCommand(['--config', CONFIG])
    .withWaitStrategy(Wait.forHttp('/healthz', MONITOR_PORT).withStartupTimeout(START_MS))
    .start()
  const at = (port: number) => `${container.getHost()}:${container.getMappedPort(port)}`
  return { container, host: at(CLIENT_PORT), monitorUrl: `http://${at(MONITOR_PORT)}` }
}

/** A Postgres in a container, its superuser's URL; undefined if no images were asked for. */
export async function aPostgresContainer(): Promise<
  Readonly<{ container: StartedTestContainer; url: string }> | undefined
> {
  const found = await images()
  if (!found) return undefined
  const { GenericContainer, Wait } = await import('testcontainers')
  const password = randomBytes(18).toString('hex')
  const container = await new GenericContainer(found.postgres)
    .withExposedPorts(POSTGRES_PORT)
    .withEnvironment({ POSTGRES_PASSWORD: password, PGDATA: `${POSTGRES_DATA}/data` })
    .withTmpFs({ [POSTGRES_DATA]: 'rw,mode=1777' })
    .withWaitStrategy(Wait.forLogMessage('ready to accept connections').withStartupTimeout(START_MS))
    .start()
  const url = `postgres://postgres:${password}@${container.getHost()}:${container.getMappedPort(POSTGRES_PORT)}/postgres`
  // The official image starts its server twice, the first time without TCP.
  const until = Date.now() + START_MS
  while (!(await answers(url))) {
    if (Date.now() > until) throw new Error(`Postgres in a container of ${found.postgres} does not answer`)
    await sleep(POLL_MS)
  }
  return { container, url }
}
