// Proves the drain of a router behind the kernel's own NAT: while it drains it still answers the flows that it has, new ones go to its
// successor; a flow whose router has gone is mute for as long as its conntrack entry stands, which a steady sender renews for ever,
// and heals at once when the entry goes. No receipted message is lost. Everything runs in network namespaces made here.
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { busUsers, Child, findNats, natsConfiguration, thisMachine } from '@p2pmsg/local'
import { type BusUser, keyPairFromSeed, toHex, toZBase32 } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { ROOT } from '../steps.ts'
import { canMakeNamespaces, type Host, Network } from '../support/namespaces.ts'

const PORT = 42_424
const METRICS = 9_464
const READY_MS = 60_000
const STOP_MS = 20_000
/** How long a mute flow is watched, milliseconds. */
const MUTE_MS = 3_000
const MIB = 1 << 20

const able = await canMakeNamespaces()
if (able === true) theEdge()
else test.skipIf(able)(`the edge behind NAT: not run, ${able}`, () => undefined)

/** Everything of the cluster that a receipt needs, in namespaces: NATS and ingest on the node, routers on hosts of their own. */
class Cluster implements AsyncDisposable {
  readonly network: Network
  readonly #receiver = randomBytes(32)
  readonly #folder: string
  readonly #started = new AsyncDisposableStack()
  readonly #cluster = toHex(randomBytes(32))
  readonly #public: string

  constructor(network: Network, folder: string, address: string) {
    this.network = network
    this.#folder = folder
    this.#public = address
  }

  get address(): string {
    return `p2pmsg://${toZBase32(keyPairFromSeed(this.#receiver).publicKey)}@${this.#public}:${PORT}`
  }

  async start(): Promise<void> {
    const found = await findNats({ ...thisMachine(), env: { ...process.env, NATS_URL: undefined } })
    if (found.kind !== 'binary') throw new Error('NATS_URL was taken away')
    const users = busUsers((user) => user)
    const store = join(this.#folder, 'jetstream')
    const config = join(this.#folder, 'nats.conf')
    await writeFile(config, natsConfiguration({ host: '0.0.0.0', port: 4222, monitorPort: 8222, store, users }))
    const nats = this.spawn(this.network.node, 'nats', {}, [found.path, '--config', config])
    await nats.ready(() => this.#answers(this.network.node, '127.0.0.1:8222/healthz'), READY_MS)
    for (const [name, seed] of [
      ['receipt', randomBytes(32)],
      ['receiver', this.#receiver],
    ] as const)
      await writeFile(join(this.#folder, name), toHex(seed))
    const receivers = JSON.stringify([{ name: 'one', keyFile: join(this.#folder, 'receiver') }])
    const size = String(64 * MIB)
    const sizes = { P2PMSG_EDGE_BYTES: size, P2PMSG_MESSAGES_BYTES: size, P2PMSG_REFUSED_BYTES: size }
    const setup = this.spawn(
      this.network.node,
      'setup',
      {
        NATS_URL: natsUrl('admin', '127.0.0.1'),
        P2PMSG_RECEIVERS: receivers,
        P2PMSG_RECEIPT_KEY_FILE: join(this.#folder, 'receipt'),
        P2PMSG_CLUSTER_SECRETS: this.#cluster,
        P2PMSG_ENDPOINTS: `${this.#public}:${PORT}`,
        ...sizes,
      },
      [process.execPath, join(ROOT, 'libs/client/src/cli/main.ts'), 'admin', 'setup'],
    )
    expect([await setup.exited, setup.lastLines]).toMatchObject([{ code: 0 }, expect.anything()])
    await this.service(this.network.node, 'ingest', {
      NATS_URL: natsUrl('ingest', '127.0.0.1'),
      P2PMSG_RECEIPT_KEY_FILE: join(this.#folder, 'receipt'),
    })
  }

  /** A router on a host of its own, ready. */
  router(host: Host): Promise<Child> {
    return this.service(host.name, 'router', {
      NATS_URL: natsUrl('router', host.gateway),
      P2PMSG_CLUSTER_SECRETS: this.#cluster,
      P2PMSG_ADVERTISE: `${this.#public}:${PORT}`,
      P2PMSG_PROVED_RATE: '100000',
    })
  }

  async service(namespace: string, service: string, env: NodeJS.ProcessEnv): Promise<Child> {
    const telemetry = join(ROOT, 'libs/runtime/src/telemetry.ts')
    const main = join(ROOT, 'services', service, 'src/main.ts')
    const child = this.spawn(namespace, service, env, [process.execPath, '--import', telemetry, main])
    await child.ready(() => this.#answers(namespace, `127.0.0.1:${METRICS}/readyz`), READY_MS)
    return child
  }

  spawn(
    namespace: string,
    name: string,
    env: NodeJS.ProcessEnv,
    words: string[],
    onLine?: (line: string) => void,
  ): Child {
    const child = new Child({
      name,
      command: 'ip',
      args: ['netns', 'exec', namespace, ...words],
      env: { PATH: process.env.PATH, HOME: this.#folder, ...env },
      ...(onLine && { onLine }),
    })
    this.#started.defer(async () => void (await child.stop('SIGTERM', STOP_MS)))
    return child
  }

  /** One number of a router's metrics. */
  async datagrams(host: Host): Promise<number> {
    const text = await this.#get(host.name, `127.0.0.1:${METRICS}/metrics`)
    return [...text.matchAll(/^p2pmsg_datagrams_total\{.*\} (\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
  }

  #get(namespace: string, url: string): Promise<string> {
    const program = `fetch('http://${url}').then(async (r) => { process.stdout.write(await r.text()); process.exit(r.ok ? 0 : 1) })`
    return this.network.on(namespace, process.execPath, '--input-type=module', '--eval', `await ${program}`)
  }

  #answers(namespace: string, url: string): Promise<boolean> {
    return this.#get(namespace, url).then(
      () => true,
      () => false,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync()
  }
}

function natsUrl(user: BusUser, host: string): string {
  return `nats://${user}:${user}@${host}:4222`
}

function theEdge(): void {
  test('a router is replaced behind NAT', { timeout: 180_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-nat-'))
    await mkdir(join(folder, 'jetstream'))
    await using network = await Network.start()
    const [people, podA, podB] = [await network.host('people'), await network.host('a'), await network.host('b')]
    await using cluster = new Cluster(network, folder, people.gateway)
    await cluster.start()
    const leadTo = async (pod: Host) => {
      const rule = ['-p', 'udp', '--dport', String(PORT), '-j', 'DNAT', '--to-destination', `${pod.address}:${PORT}`]
      await network.onNode('iptables', '-t', 'nat', '-F', 'PREROUTING')
      await network.onNode('iptables', '-t', 'nat', '-A', 'PREROUTING', ...rule)
    }
    const entries = async () => await network.onNode('conntrack', '-L', '-p', 'udp', '--orig-port-dst', String(PORT))

    // given a sender whose flow goes to router A
    const routerA = await cluster.router(podA)
    await leadTo(podA)
    const receipts: string[] = []
    const program = [process.execPath, join(ROOT, 'tests/support/steady-sender.ts'), cluster.address]
    cluster.spawn(people.name, 'steady', {}, program, (line) => {
      if (/^[0-9a-f]{64}$/.test(line)) receipts.push(line)
    })
    await expect.poll(() => receipts.length, { timeout: READY_MS }).toBeGreaterThan(3)

    // when B is there and new flows are led to it, A still has the old one, and a fresh sender meets B
    await cluster.router(podB)
    await leadTo(podB)
    const [atA, atB, before] = [await cluster.datagrams(podA), await cluster.datagrams(podB), receipts.length]
    await expect.poll(() => receipts.length).toBeGreaterThan(before + 3)
    expect(await cluster.datagrams(podA)).toBeGreaterThan(atA)
    expect(await cluster.datagrams(podB)).toBe(atB)
    const command = join(ROOT, 'libs/client/src/cli/main.ts')
    const fresh = cluster.spawn(people.name, 'fresh', {}, [
      process.execPath,
      command,
      'send',
      '--to',
      cluster.address,
      'hello',
    ])
    expect(await fresh.exited).toMatchObject({ code: 0 })
    expect(await cluster.datagrams(podB)).toBeGreaterThan(atB)

    // when A has drained, it ends with 0; the old flow is mute, because its entry leads to nobody and the sender keeps it alive
    expect(await routerA.stop('SIGTERM', STOP_MS)).toMatchObject({ code: 0 })
    await sleep(MUTE_MS / 3) // answers that were on their way
    const atEnd = receipts.length
    await sleep(MUTE_MS)
    expect(receipts.length).toBe(atEnd)
    expect(await entries()).toContain(`src=${podA.address}`)

    // and it heals as soon as the entry goes, as kube-proxy has it from 1.32 on
    await network.onNode('conntrack', '-D', '-p', 'udp', '--orig-port-dst', String(PORT))
    await expect.poll(() => receipts.length, { timeout: READY_MS }).toBeGreaterThan(atEnd + 3)
    expect(await entries()).toContain(`src=${podB.address}`)
    expect(new Set(receipts).size).toBe(receipts.length)
    await rm(folder, { recursive: true, force: true })
  })
}
