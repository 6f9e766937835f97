import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isIpv4, type Outgoing, parseIp, RECEIVERS_BUCKET, ROUTERS_BUCKET, verdicts } from '@p2pmsg/protocol'
import { AckPublisher, connectBus, gauge, type RunContext, type Service, watchBucket } from '@p2pmsg/runtime'
import { Driver, steadyClock } from '@p2pmsg/udp'
import { assembleEdge } from './assemble.ts'
import type { Config } from './config.ts'
import type { Edge } from './edge/edge.ts'
import { PACKS_IN_FLIGHT_MAX } from './edge/packer.ts'
import { WAITING_MAX } from './edge/waiting-room.ts'
import { sendFailed } from './events.ts'
import { startHttp } from './http/app.ts'
import { watchKernelDrops } from './kernel-drops.ts'
import { nodeIdOf } from './node/identity.ts'
import { LiveRouters } from './node/live-routers.ts'
import { watchNode } from './node/node-metrics.ts'
import { startSharing, tellOthers } from './node/share.ts'
import { startTakingPart } from './node/take-part.ts'
import { watchPipes } from './pipe/pipe-metrics.ts'
import { startTaps } from './pipe/start-taps.ts'
import { ACK_MS_MAX, publishPacks } from './publish-packs.ts'
import { Receivers } from './receivers.ts'
import { startRegistration } from './registration.ts'
import { startTelex } from './telex/start-telex.ts'

export type Router = Service & Readonly<{ udpPort: number; httpPort: number }>

/** How long a drain waits for acknowledgements and verdicts, milliseconds: senders were told `logged` long before. */
const DRAIN_MS_MAX = 10_000
const DRAIN_STEP_MS = 10

/** The edge: takes messages over UDP and HTTP, hands them to ingest in packs, and tells senders what became of them. */
export async function startRouter(config: Config, { log, health }: RunContext): Promise<Router> {
  await using started = new AsyncDisposableStack()
  const now = steadyClock()
  const bus = started.use(await connectBus({ url: config.natsUrl, service: 'router', log }))
  const [receivers, routers] = [new Receivers(), new LiveRouters()]
  started.use(await watchBucket(bus, RECEIVERS_BUCKET, following(receivers, now), log))
  started.use(await watchBucket(bus, ROUTERS_BUCKET, following(routers, now), log))

  const incarnation = randomBytes(8)
  const nodeId = await nodeIdOf(config)
  const families = familiesOf(config.udpHost)
  const responderOnly = config.bootstrap.length === 0
  const publisher = started.use(new AckPublisher(bus, { inFlightMax: PACKS_IN_FLIGHT_MAX, timeoutMs: ACK_MS_MAX }))
  const publish = publishPacks(publisher, (pack, code) => {
    driver.send(code ? edge.failed(pack, code, now()) : edge.acknowledged(pack, now()))
  })
  const tapped = started.use(startTaps({ bus, receivers, log, now, onTold: () => driver.send(pipes.flush(now())) }))
  const { provedPerSecond, unprovedPerSecond, clusterSecrets } = config
  const rates = { provedPerSecond, unprovedPerSecond, seed: randomBytes(4).readInt32LE() }
  const kademlia = { families, responderOnly, random: randomBytes, onStored: tellOthers(bus, incarnation) }
  const shared = { rates, receivers, taps: tapped.taps, routers, publish, waitingMax: WAITING_MAX, random: randomBytes }
  const parts = { ...shared, incarnation, nodeId, clusterSecrets, node: kademlia }
  const { edge, node, admission, intake, packer, pipes } = assembleEdge(parts, now())
  watchNode(node)
  started.use(await startSharing({ bus, incarnation, node, now }, routers.size === 0))
  gauge('p2pmsg_inflight_packs', 'Packs published and not acknowledged', () => packer.inFlight)
  watchPipes(pipes)

  const { udpHost: host, udpPort: port } = config
  const driver = started.use(await Driver.start(edge, { host, port, now, onError: sendFailed }))
  started.use(watchKernelDrops())
  started.defer(bus.subscribe(verdicts.of(incarnation), (said) => driver.send(edge.verdicts(said, now()))))
  const http = started.use(await startHttp(config, { edge, admission, intake, driver, receivers }))
  if (!config.advertise) log.warn('P2PMSG_ADVERTISE is not set: other nodes are told that this router is on loopback')
  const endpoint = config.advertise ?? { host: '127.0.0.1', port: driver.port }
  const send = (outgoing: readonly Outgoing[]) => driver.send(outgoing)
  const telex = await startTelex(config, { bus, incarnation, intake, endpoint, now, send, log })
  if (telex) edge.speakTelex(started.use(telex).door)
  if (!responderOnly) started.use(await startTakingPart(config, { node, receivers, families, now, send, log }))
  const registration = started.use(await startRegistration(bus, { incarnation, id: nodeId, endpoint }, log))

  health.ready('bus', () => bus.connected)
  log.info({ udpPort: driver.port, httpPort: http.port, receivers: receivers.size }, 'taking messages')
  const running = started.move()
  return {
    udpPort: driver.port,
    httpPort: http.port,
    drain: async () => {
      await registration[Symbol.asyncDispose]()
      edge.stopTaking()
      driver.send([]) // clients of pipes are told now, not at the next datagram
      await idle(edge)
      driver.send(edge.close(now()))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** What the socket has (BEP 32: each family is a network of its own). */
function familiesOf(udpHost: string): readonly (4 | 6)[] {
  const ip = parseIp(udpHost)
  return ip ? [isIpv4(ip) ? 4 : 6] : [4, 6]
}

/** Entries of a bucket, with the time at which they came. */
function following(
  entries: { put(name: string, bytes: Uint8Array, nowMs: number): void; remove(name: string): void },
  now: () => number,
) {
  return {
    onPut: (name: string, bytes: Uint8Array) => entries.put(name, bytes, now()),
    onDelete: (name: string) => entries.remove(name),
  }
}

async function idle(edge: Edge): Promise<void> {
  for (let waited = 0; !edge.isIdle && waited < DRAIN_MS_MAX; waited += DRAIN_STEP_MS) await sleep(DRAIN_STEP_MS)
}
