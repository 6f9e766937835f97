import { ConfigError } from '../failures.ts'

/** NATS_URL: `nats://user:password@host:port`, several separated by commas; the first one's credentials serve all. */
export type BusUrl = Readonly<{
  servers: string[]
  user: string | undefined
  password: string | undefined
  tls: boolean
}>

/** @throws {ConfigError} without repeating the URL, which holds a password */
export function parseBusUrl(text: string): BusUrl {
  const urls = text.split(',').map((part) => (URL.canParse(part.trim()) ? new URL(part.trim()) : undefined))
  const known = urls.filter((url) => url !== undefined && (url.protocol === 'nats:' || url.protocol === 'tls:'))
  const [first] = known
  if (!first || known.length !== urls.length) {
    throw new ConfigError('NATS_URL must look like nats://user:password@host:4222')
  }
  return {
    servers: known.map((url) => `${url?.hostname}:${url?.port || 4222}`),
    user: first.username === '' ? undefined : decodeURIComponent(first.username),
    password: first.password === '' ? undefined : decodeURIComponent(first.password),
    tls: first.protocol === 'tls:',
  }
}
