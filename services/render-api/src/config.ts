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
  })
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
