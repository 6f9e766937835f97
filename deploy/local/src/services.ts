import { type BusUser, toHex } from '@p2pmsg/protocol'
import { freePort } from './ports.ts'
import type { Secrets } from './secrets.ts'
import { Service, type ServiceName } from './service.ts'
import { DRAIN_SECONDS_DEFAULT, type Ports, REPLICAS_MAX, type StackOptions } from './stack-options.ts'

const HOST = '127.0.0.1'
/** What stops first stands first: nothing may be taken in that the next one can no longer take over. */
const STOP_ORDER: readonly ServiceName[] = ['router', 'ingest', 'store', 'render-api']

/** What the services need to know of the servers. */
export type Surroundings = Readonly<{
  natsUrl: (user: BusUser) => string
  natsMonitorUrl: string | undefined
  postgresUrl: string
  secrets: Secrets
}>

/** A router's doors. */
export type RouterDoors = Readonly<{ name: string; udpPort: number; httpUrl: string }>
export type Services = Readonly<{
  all: readonly Service[]
  routers: readonly RouterDoors[]
  /** UDP ports that senders use: the routers' own, or the one that is spread over them. */
  edgePorts: readonly number[]
  renderUrls: readonly string[]
}>

/** The processes of the four services, not started yet, in the order in which they stop. */
export async function makeServices(options: StackOptions, ports: Ports, around: Surroundings): Promise<Services> {
  const all: Service[] = []
  const routers: RouterDoors[] = []
  const renderUrls: string[] = []
  const shared = options.spread ? ports.udp : undefined
  for (const service of STOP_ORDER) {
    const replicas = options.replicas?.[service] ?? 1
    if (replicas > REPLICAS_MAX) throw new RangeError(`${replicas} replicas of ${service}; at most ${REPLICAS_MAX}`)
    for (let replica = 1; replica <= replicas; replica += 1) {
      const first = replica === 1
      const name = first ? service : `${service}-${replica}`
      const udpPort = await freePort(first && shared === undefined ? ports.udp : 0, 'udp')
      const httpPort = await freePort(!first ? 0 : service === 'router' ? ports.routerHttp : ports.renderHttp)
      const httpUrl = `http://${HOST}:${httpPort}`
      if (service === 'router') routers.push({ name, udpPort, httpUrl })
      if (service === 'render-api') renderUrls.push(httpUrl)
      const settings = {
        NATS_URL: around.natsUrl(service),
        ...OWN[service](around, udpPort, httpPort, shared ?? udpPort),
      }
      const { drainSeconds = DRAIN_SECONDS_DEFAULT, onLine } = options
      all.push(
        new Service({
          service,
          name,
          metricsPort: await freePort(first ? ports.metrics[service] : 0),
          env: { ...settings, ...options.env?.[service] },
          drainSeconds,
          ...(onLine && { onLine }),
        }),
      )
    }
  }
  const edgePorts = shared === undefined ? routers.map((router) => router.udpPort) : [shared]
  return { all, routers, edgePorts, renderUrls }
}

type Settings = Readonly<Record<string, string>>
/** Each service's own settings. Everything listens on loopback: a first try must not open a machine to its network. */
const OWN: Readonly<
  Record<ServiceName, (around: Surroundings, udpPort: number, httpPort: number, edgePort: number) => Settings>
> = {
  router: ({ secrets }, udpPort, httpPort, edgePort) => ({
    P2PMSG_UDP_HOST: HOST,
    P2PMSG_UDP_PORT: String(udpPort),
    P2PMSG_ADVERTISE: `${HOST}:${edgePort}`,
    P2PMSG_HTTP_HOST: HOST,
    P2PMSG_HTTP_PORT: String(httpPort),
    P2PMSG_CLUSTER_SECRETS: secrets.cluster,
    P2PMSG_LEGACY_RECEIVER: toHex(secrets.receiverKeys.publicKey),
  }),
  ingest: ({ secrets, natsMonitorUrl }) => ({
    P2PMSG_RECEIPT_KEY_FILE: secrets.receiptKeyFile,
    ...(natsMonitorUrl && { P2PMSG_NATS_MONITOR_URL: natsMonitorUrl }),
  }),
  store: ({ postgresUrl }) => ({ POSTGRES_URL: postgresUrl }),
  'render-api': ({ secrets, natsMonitorUrl }, _udpPort, httpPort) => ({
    P2PMSG_HTTP_HOST: HOST,
    P2PMSG_HTTP_PORT: String(httpPort),
    P2PMSG_PUBLIC_URL: `http://${HOST}:${httpPort}`,
    P2PMSG_DEFAULT_RECEIVER: toHex(secrets.receiverKeys.publicKey),
    ...(natsMonitorUrl && { P2PMSG_NATS_MONITOR_URL: natsMonitorUrl }),
  }),
}
