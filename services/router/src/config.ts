import { isIP } from 'node:net'
import { CLUSTER_SECRET_BYTES_MIN, type Endpoint, parseEndpoint } from '@p2pmsg/protocol'
import { Env } from '@p2pmsg/runtime'
import { type LegacyConfig, readLegacy } from './telex/legacy-config.ts'

export type Config = Readonly<{
  natsUrl: string
  /** '' = every address of both families. */
  udpHost: string
  /** 0 = any free port. */
  udpPort: number
  httpHost: string
  /** 0 = any free port. */
  httpPort: number
  /** How others reach our UDP port; undefined = loopback and that port, for trials. */
  advertise: Endpoint | undefined
  /** Nodes of the DHT through which this router joins it; none: it answers, and originates nothing. */
  bootstrap: readonly Endpoint[]
  /** A folder where the routing table is kept between runs; undefined = it is not. */
  stateDir: string | undefined
  /** The first signs tokens and names the node, all verify; 16 bytes or more each. */
  clusterSecrets: readonly Uint8Array[]
  /** From one proved address, messages/s. */
  provedPerSecond: number
  /** From one prefix of unproved addresses, datagrams/s. */
  unprovedPerSecond: number
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[]
  legacy: LegacyConfig
}>

const PROVED_PER_SECOND = 2_000
const UNPROVED_PER_SECOND = 20
const RATE_MAX = 1_000_000
/** Routers with an address each, of one cluster. */
const REPLICAS_MAX = 999

/** @throws {ConfigError} naming every variable that cannot be used */
export function readConfig(values: NodeJS.ProcessEnv): Config {
  const env = new Env(values)
  return env.done({
    natsUrl: env.text('NATS_URL'),
    udpHost: readUdpHost(env),
    udpPort: env.port('P2PMSG_UDP_PORT', 42_424),
    httpHost: env.text('P2PMSG_HTTP_HOST', '::'),
    httpPort: env.port('P2PMSG_HTTP_PORT', 8081),
    advertise: readAdvertise(env),
    bootstrap: readBootstrap(env),
    stateDir: env.optional('P2PMSG_STATE_DIR'),
    clusterSecrets: readSecrets(env),
    provedPerSecond: env.int('P2PMSG_PROVED_RATE', { fallback: PROVED_PER_SECOND, min: 1, max: RATE_MAX }),
    unprovedPerSecond: env.int('P2PMSG_UNPROVED_RATE', { fallback: UNPROVED_PER_SECOND, min: 1, max: RATE_MAX }),
    trustedProxies: readProxies(env),
    legacy: readLegacy(env),
  })
}

function readUdpHost(env: Env): string {
  const host = env.optional('P2PMSG_UDP_HOST')
  if (host === undefined) return ''
  if (isIP(host) === 0) env.problem('P2PMSG_UDP_HOST', 'must be an IP address; leave it out to listen on all')
  return host
}

const NETWORK = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i

function readProxies(env: Env): readonly string[] {
  const proxies = env.list('P2PMSG_TRUSTED_PROXIES', [])
  for (const proxy of proxies) {
    const [, address = '', prefix] = NETWORK.exec(proxy) ?? []
    const family = isIP(address)
    const fits = prefix === undefined || Number(prefix) <= (family === 4 ? 32 : 128)
    if (family === 0 || !fits) env.problem('P2PMSG_TRUSTED_PROXIES', 'must be addresses or networks such as 10.0.0.0/8')
  }
  return proxies
}

/** One address for all replicas, or a list of which each takes its own by its ordinal. */
function readAdvertise(env: Env): Endpoint | undefined {
  const all = env.list('P2PMSG_ADVERTISE', [])
  const ordinal = env.int('P2PMSG_ORDINAL', { fallback: 0, min: 0, max: REPLICAS_MAX })
  if (all.length === 0) return undefined
  const text = all.length === 1 ? all[0] : all[ordinal]
  if (text === undefined)
    env.problem('P2PMSG_ADVERTISE', `names ${all.length} addresses, and P2PMSG_ORDINAL is ${ordinal}`)
  const endpoint = parseEndpoint(text ?? '')
  if (text !== undefined && !endpoint)
    env.problem('P2PMSG_ADVERTISE', 'must look like router.example.org:42424 or [2001:db8::1]:42424')
  return endpoint
}

/** As many as are asked at once. */
const BOOTSTRAP_MAX = 32

function readBootstrap(env: Env): readonly Endpoint[] {
  const texts = env.list('P2PMSG_BOOTSTRAP', [])
  const endpoints = texts.flatMap((text) => parseEndpoint(text) ?? [])
  if (endpoints.length < texts.length)
    env.problem('P2PMSG_BOOTSTRAP', 'must be host:port of DHT nodes, separated by commas')
  if (texts.length > BOOTSTRAP_MAX) env.problem('P2PMSG_BOOTSTRAP', `must name at most ${BOOTSTRAP_MAX} nodes`)
  return endpoints
}

function readSecrets(env: Env): readonly Uint8Array[] {
  const secrets = env.hexList('P2PMSG_CLUSTER_SECRETS', { bytesMin: CLUSTER_SECRET_BYTES_MIN })
  if (secrets.length === 0) env.problem('P2PMSG_CLUSTER_SECRETS', 'must hold at least one secret')
  return secrets
}
