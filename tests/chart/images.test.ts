// Proves the images: built by the Dockerfile on a base made here, started as nobody on read-only root file systems with no capability,
// in an order that nothing likes; a message goes in through UDP and comes out of the feed, and every one ends with 0.
// P2PMSG_TEST_IMAGES=1 asks for it, because it takes minutes: `.ci/with-docker` has an engine where the machine has none.
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { busUsers, freePort, runCommand } from '@p2pmsg/local'
import { BUS_USERS } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { dockerEngine } from '../../deploy/images/engine.ts'
import { buildServiceImages, LOCAL_IMAGES, makeLocalImages, SERVICE_IMAGES } from '../../deploy/images/local.ts'
import { aDatabase, aNatsServer } from '../support/servers.ts'

const BUILD_MS = 15 * 60_000
const RUN_MS = 90_000
const READY_MS = 60_000
const HOST = '127.0.0.1'
const UID = 65_532
/** Everything that a pod of the chart is denied too. */
const CONFINED = ['--network=host', '--read-only', '--tmpfs=/tmp', '--cap-drop=ALL', '--security-opt=no-new-privileges']
const PREFIX = 'p2pmsg-test/'

const asked = process.env.P2PMSG_TEST_IMAGES === '1'
const docker = asked ? await dockerEngine() : 'P2PMSG_TEST_IMAGES=1 asks for them; they take minutes'
if (typeof docker === 'string') test.skipIf(docker)(`the images: not run, ${docker}`, () => undefined)
else theImages(docker)

type Settings = Readonly<Record<string, string | number>>

function theImages(docker: NodeJS.ProcessEnv): void {
  const run = async (...args: string[]) => runCommand('docker', args, { env: docker, timeoutMs: RUN_MS })
  const well = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args)
    expect([args.slice(0, 2), code, stderr]).toEqual([args.slice(0, 2), 0, expect.any(String)])
    return stdout.trim()
  }

  test('a message through five images', { timeout: BUILD_MS }, async () => {
    await makeLocalImages(['base'], docker)
    const images = await buildServiceImages({ base: LOCAL_IMAGES.base, prefix: PREFIX, tag: 'now', docker })
    expect(Object.keys(images)).toEqual([...SERVICE_IMAGES])
    for (const image of Object.values(images))
      expect(await well('image', 'inspect', '--format', '{{.Config.User}}', image)).toBe(`${UID}:${UID}`)

    // given NATS and Postgres, and secrets that the admin image makes
    await using nats = await aNatsServer({ users: busUsers((user) => `password-of-${user}`) })
    await using database = await aDatabase()
    const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-image-'))
    await chown(folder, UID, UID)
    const secrets = `--volume=${folder}:/secrets`
    const admin = (args: readonly string[], settings: Settings = {}) =>
      run(
        'run',
        '--rm',
        ...CONFINED,
        secrets,
        ...environment({ HOME: '/tmp', ...settings }),
        images.admin ?? '',
        ...args,
      )
    const made = await admin(['admin', 'secrets', '--make', 'cluster,receipt,receiver', '--folder', '/secrets'])
    expect(made.stdout).toBe('cluster: made\nreceipt: made\nreceiver: made\n')
    for (const user of BUS_USERS) await writeFile(join(folder, `${user}-url`), nats.url(user))
    await writeFile(join(folder, 'postgres-url'), database.url)
    const receiver = (await readFile(join(folder, 'receiver', 'receiver-address'), 'utf8')).trim()

    // when the services start before there is a table, a stream or a receiver
    const [udp, routerHttp, renderHttp] = [await freePort(0, 'udp'), await freePort(), await freePort()]
    const metrics = new Map<string, number>()
    const started: string[] = []
    try {
      for (const service of SERVICE_IMAGES.filter((name) => name !== 'admin')) {
        const port = await freePort()
        metrics.set(service, port)
        const settings: Settings = {
          NATS_URL_FILE: `/secrets/${service}-url`,
          P2PMSG_METRICS_PORT: port,
          ...{
            router: {
              P2PMSG_UDP_HOST: HOST,
              P2PMSG_UDP_PORT: udp,
              P2PMSG_HTTP_PORT: routerHttp,
              P2PMSG_ADVERTISE: `${HOST}:${udp}`,
              P2PMSG_CLUSTER_SECRETS_FILE: '/secrets/cluster/cluster-secrets',
            },
            ingest: { P2PMSG_RECEIPT_KEY_FILE: '/secrets/receipt/receipt-key' },
            store: { POSTGRES_URL_FILE: '/secrets/postgres-url' },
            'render-api': { P2PMSG_HTTP_PORT: renderHttp, P2PMSG_DEFAULT_RECEIVER: receiver },
          }[service],
        }
        const image = images[service] ?? ''
        started.push(await well('run', '--detach', ...CONFINED, secrets, ...environment(settings), image))
      }
      const migrated = [secrets, ...environment({ POSTGRES_URL_FILE: '/secrets/postgres-url' }), images.store ?? '']
      await well('run', '--rm', ...CONFINED, ...migrated, 'src/migrate-main.ts')
      const setup = await admin(['admin', 'setup'], {
        NATS_URL_FILE: '/secrets/admin-url',
        P2PMSG_EDGE_BYTES: 64 << 20,
        P2PMSG_MESSAGES_BYTES: 64 << 20,
        P2PMSG_REFUSED_BYTES: 16 << 20,
        P2PMSG_RECEIVERS: '[{"name":"trial","keyFile":"/secrets/receiver/receiver-key"}]',
        P2PMSG_RECEIPT_KEY_FILE: '/secrets/receipt/receipt-key',
        P2PMSG_CLUSTER_SECRETS_FILE: '/secrets/cluster/cluster-secrets',
        P2PMSG_ENDPOINTS: `${HOST}:${udp}`,
        P2PMSG_FEED_URL: `http://${HOST}:${renderHttp}`,
      })
      expect([setup.code, setup.stdout]).toEqual([0, expect.stringContaining('receivers: 1 hosted, 0 no longer')])
      for (const [service, port] of metrics) {
        const ready = async () => (await fetch(`http://${HOST}:${port}/readyz`).catch(() => undefined))?.status
        await expect.poll(ready, { timeout: READY_MS, message: `${service} is ready` }).toBe(200)
      }

      // then a message that is sent through UDP stands in the feed
      const to = { P2PMSG_TO: `p2pmsg://${receiver}@${HOST}:${udp}` }
      const sent = await admin(['send', 'hello from a container', '--wait', 'stored'], to)
      expect([sent.code, sent.stdout]).toEqual([0, expect.stringMatching(/^stored {2}[0-9a-f]{64}/)])
      const read = await admin(['feed', '--from', `http://${HOST}:${renderHttp}`], to)
      expect(read.stdout).toContain('hello from a container')

      // and each drains and ends with 0
      for (const container of started) {
        await well('stop', '--time', '40', container)
        expect(await well('inspect', '--format', '{{.State.ExitCode}}', container)).toBe('0')
      }
    } finally {
      for (const container of started) {
        if (process.env.P2PMSG_TEST_LOGS) process.stderr.write((await run('logs', container)).stdout)
        await run('rm', '--force', container)
      }
      await rm(folder, { recursive: true, force: true })
    }
  })
}

function environment(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`])
}
