// Proves that the chart's default manifests run: images are built by the Dockerfile on a base made here, and one engine starts every
// pod as a kubelet would, with its user, mounts, arguments and environment, in an order that nothing likes. Secrets are made by the
// chart's own Job; a message goes in through UDP and comes out of the feed by the pod of `helm test`; every service ends with 0.
// P2PMSG_TEST_IMAGES=1 asks for it, because it takes minutes: `.ci/with-docker` has an engine where the machine has none.
import { randomInt } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Outcome, runCommand } from '@p2pmsg/local'
import { expect, test } from 'vitest'
import { dockerEngine } from '../../deploy/images/engine.ts'
import { buildServiceImages, LOCAL_IMAGES, makeLocalImages } from '../../deploy/images/local.ts'
import { type Manifest, render, type Values } from '../support/chart.ts'
import { type ChartTools, chartTools } from '../support/chart-tools.ts'
import { anApiServer } from '../support/one-node/api-server.ts'
import { type Node, wordsFor } from '../support/one-node/containers-of.ts'
import { type Container, namesOf, type Pod, podsOn, portOf } from '../support/one-node/pods.ts'

const TEST_MS = 15 * 60_000
const COMMAND_MS = 120_000
/** From the first container to the last that is ready, milliseconds. */
const READY = { timeout: 180_000, interval: 250 }
const PREFIX = 'p2pmsg-test/'
const VALUES: Values = {
  image: { prefix: PREFIX, tag: 'now' },
  nats: { bundled: { image: { repository: LOCAL_IMAGES.nats, tag: 'latest' } } },
  postgres: { bundled: { image: { repository: LOCAL_IMAGES.postgres, tag: 'latest' } } },
}

const asked = process.env.P2PMSG_TEST_IMAGES === '1' && process.platform === 'linux' && process.getuid?.() === 0
const docker = asked ? await dockerEngine() : 'P2PMSG_TEST_IMAGES=1 asks for it, of root on Linux; it takes minutes'
const tools = await chartTools()
const missing = [docker, tools].find((one) => typeof one === 'string')
if (typeof docker === 'string' || typeof tools === 'string')
  test.skipIf(true)(`the chart on one node: not run, ${missing}`, () => undefined)
else theChart(docker, tools)

function theChart(docker: NodeJS.ProcessEnv, tools: ChartTools): void {
  const run = (...args: string[]): Promise<Outcome> =>
    runCommand('docker', args, { env: docker, timeoutMs: COMMAND_MS })
  const well = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args)
    if (code !== 0) throw new Error(`docker ${args.slice(0, 3).join(' ')}: ${stderr}`)
    return stdout.trim()
  }

  /** A network for the pods, with a gateway at which this machine can be reached. */
  async function aNetwork(): Promise<AsyncDisposable & { name: string; prefix: string }> {
    for (let tries = 0; ; tries++) {
      const prefix = `10.${randomInt(200, 250)}.${randomInt(256)}`
      const name = `p2pmsg-test-${prefix.replaceAll('.', '-')}`
      const made = await run('network', 'create', '--subnet', `${prefix}.0/24`, '--gateway', `${prefix}.1`, name)
      if (made.code === 0)
        return { name, prefix, [Symbol.asyncDispose]: async () => void (await run('network', 'rm', name)) }
      if (tries === 5) throw new Error(`no network for pods: ${made.stderr}`)
    }
  }

  /** Whether the readiness probe of a pod says yes. */
  async function isReady(pod: Pod): Promise<boolean> {
    const probe = (pod.spec.containers as Container[])[0]?.readinessProbe
    if (probe?.httpGet) {
      const { path, port } = probe.httpGet
      const answer = await fetch(`http://${pod.ip}:${portOf(pod, port)}${path}`).catch(() => undefined)
      return answer?.status === 200
    }
    if (!probe?.tcpSocket) throw new Error(`${pod.name} has no probe that this node knows`)
    const socket = connect(portOf(pod, probe.tcpSocket.port), pod.ip)
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    }).finally(() => socket.destroy()) as Promise<boolean>
  }

  test('the default values: every pod starts and is ready, and helm test passes', { timeout: TEST_MS }, async () => {
    await makeLocalImages(['base', 'nats', 'postgres'], docker)
    await buildServiceImages({ base: LOCAL_IMAGES.base, prefix: PREFIX, tag: 'now', docker })
    const manifests = await render(tools, VALUES)
    await using network = await aNetwork()
    const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-node-'))
    await using api = await anApiServer(`${network.prefix}.1`, 'place', folder)
    const pods = podsOn(network.prefix, manifests)
    const node: Node = { folder, network: network.name, api, names: namesOf(manifests, pods) }
    const configMaps = new Map(manifests.filter(({ kind }) => kind === 'ConfigMap').map(dataOf))
    const started = new Map<string, string>()
    const start = async (pod: Pod, container: Container, ...how: string[]): Promise<void> => {
      const words = await wordsFor(node, pod, container, configMaps)
      started.set(pod.name, await well('run', '--detach', ...how, ...words))
    }
    const first = (pod: Pod) => pod.spec.containers[0] as Container
    try {
      // when all is started at once, the servers last of all and the Secrets only when their Job has made them
      const [test, services] = [pods.filter(({ kind }) => kind === 'Pod'), pods.filter(({ kind }) => kind !== 'Pod')]
      const servers = services.filter(({ kind }) => kind === 'StatefulSet')
      const jobs = services.filter(({ kind }) => kind === 'Job')
      const deployed = services.filter(({ kind }) => kind === 'Deployment')
      expect([deployed.length, servers.length, jobs.length, test.length]).toEqual([8, 4, 3, 1])
      await Promise.all([...deployed, ...jobs, ...servers].map((pod) => start(pod, first(pod), '--restart=on-failure')))

      // then the Jobs end well, and every pod is ready
      for (const job of jobs) {
        const code = await well('wait', started.get(job.name) ?? '')
        expect([job.name, code, (await run('logs', started.get(job.name) ?? '')).stderr]).toEqual([
          job.name,
          '0',
          expect.anything(),
        ])
      }
      for (const pod of [...servers, ...deployed])
        await expect.poll(() => isReady(pod), { ...READY, message: `${pod.name} is ready` }).toBe(true)

      // and nothing had to be started again: each waits for what it needs
      for (const pod of services)
        expect([pod.name, await well('inspect', '--format', '{{.RestartCount}}', started.get(pod.name) ?? '')]).toEqual(
          [pod.name, '0'],
        )

      // and helm test's pod sends a message through UDP, and reads it
      for (const pod of test) {
        const said: string[] = []
        for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers] as Container[]) {
          const { code, stdout, stderr } = await run(
            'run',
            '--rm',
            ...(await wordsFor(node, pod, container, configMaps)),
          )
          expect([container.name, code, stderr]).toEqual([container.name, 0, expect.anything()])
          said.push(stdout)
        }
        expect(said).toEqual([
          expect.stringMatching(/^stored {2}[0-9a-f]{64}/),
          expect.stringContaining('hello from helm test'),
        ])
      }

      // and no secret stands in a process list, an environment or a log
      const values = [...api.secrets.values()].flatMap((secret) => Object.entries(secret))
      const hidden = values
        .filter(([key]) => key !== 'receiver-address')
        .flatMap(([, value]) => value.match(/p?[0-9a-f]{64}/g) ?? [])
      expect(hidden.length).toBeGreaterThan(8)
      for (const pod of services) {
        const container = started.get(pod.name) ?? ''
        const pid = await well('inspect', '--format', '{{.State.Pid}}', container)
        const seen =
          pid === '0'
            ? []
            : [await readFile(`/proc/${pid}/cmdline`, 'utf8'), await readFile(`/proc/${pid}/environ`, 'utf8')]
        const { stdout, stderr } = await run('logs', container)
        const told = [...seen, stdout, stderr].join('\n')
        expect([pod.name, hidden.filter((secret) => told.includes(secret))]).toEqual([pod.name, []])
      }

      // and each service drains within its grace period and ends with 0
      await Promise.all(
        deployed.map(async (pod) => {
          const container = started.get(pod.name) ?? ''
          await well('stop', '--time', String(pod.spec.terminationGracePeriodSeconds), container)
          expect([pod.name, await well('inspect', '--format', '{{.State.ExitCode}}', container)]).toEqual([
            pod.name,
            '0',
          ])
        }),
      )
    } finally {
      for (const [name, container] of started) {
        if (process.env.P2PMSG_TEST_LOGS)
          process.stderr.write(`── ${name}\n${(await run('logs', '--tail', '20', container)).stdout}`)
        await run('rm', '--force', container)
      }
      await rm(folder, { recursive: true, force: true })
    }
  })
}

function dataOf({ metadata, data }: Manifest): [string, Values] {
  return [metadata.name, data ?? {}]
}
