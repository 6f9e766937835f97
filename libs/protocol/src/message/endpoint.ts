import { parseIp } from '../krpc/ip.ts'

/** A UDP or TCP end point as people write it: `host:port`, `192.0.2.1:42424`, `[2001:db8::1]:42424`. */
export type Endpoint = Readonly<{
  /** A name or an address, without brackets. */
  host: string
  port: number
}>

/** RFC 1035 §2.3.4: longest name, octets. */
const HOST_CHARACTERS_MAX = 253
const ENDPOINT = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/

export function parseEndpoint(text: string): Endpoint | undefined {
  const match = text.length <= HOST_CHARACTERS_MAX + 8 ? ENDPOINT.exec(text) : null
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (match?.[1] !== undefined && !parseIp(match[1])) return undefined
  if (host !== undefined && host.length > HOST_CHARACTERS_MAX) return undefined
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined
}

export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`
}
