import { fromHex, toHex } from '../bytes/bytes.ts'
import { type Endpoint, formatEndpoint, parseEndpoint } from '../message/endpoint.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'

/** A live router in the KV bucket `routers`, under its incarnation in hex. JSON: {"id": hex, "host": text, "port": n}. */
export type RouterEntry = Readonly<{
  /** Kademlia node id, 20 bytes. Replicas behind one address share it. */
  id: Uint8Array
  /** The advertised UDP address. */
  endpoint: Endpoint
}>

const NODE_ID_BYTES = 20

export function encodeRouterEntry(entry: RouterEntry): Uint8Array {
  return Buffer.from(JSON.stringify({ id: toHex(entry.id), ...entry.endpoint }))
}

export function parseRouterEntry(bytes: Uint8Array): Parsed<RouterEntry, 'bad-router-entry'> {
  try {
    const { id, host, port } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>
    const idBytes = typeof id === 'string' ? fromHex(id, NODE_ID_BYTES) : undefined
    if (!idBytes || typeof host !== 'string' || typeof port !== 'number') return faulty('bad-router-entry')
    const endpoint = parseEndpoint(formatEndpoint({ host, port }))
    return endpoint ? parsed({ id: idBytes, endpoint }) : faulty('bad-router-entry')
  } catch {
    return faulty('bad-router-entry')
  }
}
