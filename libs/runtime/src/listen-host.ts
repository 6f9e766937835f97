import { once } from 'node:events'
import { createServer } from 'node:net'

/** All addresses of both families. */
const ALL = '::'
const ALL_IPV4 = '0.0.0.0'

/** `::` as such a machine can listen on it: where the kernel has no IPv6 at all, all addresses are those of IPv4. */
export async function listenHost(host: string, canListen = listens): Promise<string> {
  return host === ALL && !(await canListen(ALL)) ? ALL_IPV4 : host
}

async function listens(host: string): Promise<boolean> {
  const server = createServer().listen(0, host)
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
