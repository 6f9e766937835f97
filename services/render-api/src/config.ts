import { isIP } from 'node:net'
import { parseAddress } from '@p2pmsg/protocol'
import { Env } from '@p2pmsg/runtime'

export type Config = Readonly<{
  natsUrl: string
  httpHost: string
  /** 0 = any free port. */
  httpPort: number
  /** Whose feed `/` shows, 32 bytes. */
  defaultReceiver: Uint8Array | undefined
  /** How readers reach this service, without a trailing slash; undefined = as each request names it. */
  publicUrl: string | undefined
  /** Requests of one client, per second. */
  clientRate: number
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[]
  /** Where NATS says whether it syncs each write; undefined = the log counts as volatile unless it has three replicas. */
  natsMonitorUrl: string | undefined
}>

/** @throws {ConfigError} naming every variable that cannot be used */
export function readConfig(values: NodeJS.ProcessEnv): Config {
  const env = new Env(values)
  return env.done({
    natsUrl: env.text('NATS_URL'),
    httpHost: env.text('P2PMSG_HTTP_HOST', '::'),
    httpPort: env.port('P2PMSG_HTTP_PORT', 8080),
    defaultReceiver: readReceiver(env),
    publicUrl: readPublicUrl(env),
    clientRate: env.int('P2PMSG_READ_RATE', { fallback: 50, min: 1, max: 1_000_000 }),
    trustedProxies: readProxies(env),
    natsMonitorUrl: env.optional('P2PMSG_NATS_MONITOR_URL'),
  })
}

function readProxies(env: Env): readonly string[] {
  const name = 'P2PMSG_TRUSTED_PROXIES'
  const proxies = env.list(name, [])
  for (const proxy of proxies) {
    const [address = '', prefix, ...more] = proxy.split('/')
    const bits = isIP(address) === 4 ? 32 : 128
    const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
    if (isIP(address) === 0 || !fits || more.length > 0)
      env.problem(name, 'must be addresses or networks such as 10.0.0.0/8')
  }
  return proxies
}

function readReceiver(env: Env): Uint8Array | undefined {
  const text = env.optional('P2PMSG_DEFAULT_RECEIVER')
  if (text === undefined) return undefined
  const address = parseAddress(text)
  if (address.ok) return address.value.receiver
  env.problem('P2PMSG_DEFAULT_RECEIVER', 'must be a key in hex or z-base-32, or a p2pmsg:// address')
  return undefined
}

function readPublicUrl(env: Env): string | undefined {
  const text = env.optional('P2PMSG_PUBLIC_URL')
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === ''
  if (!plain) env.problem('P2PMSG_PUBLIC_URL', 'must look like https://feeds.example.org')
  return url?.origin
}
