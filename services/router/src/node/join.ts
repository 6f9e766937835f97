import { lookup } from 'node:dns/promises'
import { type Endpoint, isIpv4, type KademliaNode, type Outgoing, parseIp, type UdpAddress } from '@p2pmsg/protocol'
import type { Logger } from '@p2pmsg/runtime'

/** While the node knows nobody, names are looked up and asked anew this often, milliseconds. */
const AGAIN_MS = 60_000

export type JoinParts = Readonly<{
  node: KademliaNode
  families: readonly (4 | 6)[]
  now: () => number
  send: (outgoing: readonly Outgoing[]) => void
  log: Logger
}>

/** Joins the DHT through the bootstrap nodes, and again whenever everybody is lost. */
export function startJoining(bootstrap: readonly Endpoint[], parts: JoinParts): Disposable {
  const { node, families, now, send, log } = parts
  let ended = false
  const join = async () => {
    const addresses = (await Promise.all(bootstrap.map(addressesOf))).flat()
    const usable = addresses.filter(({ ip }) => families.includes(isIpv4(ip) ? 4 : 6))
    if (ended) return
    if (usable.length === 0)
      return log.warn('no bootstrap node of P2PMSG_BOOTSTRAP has an address that this router reaches')
    send(node.bootstrap(usable, now(), (contacts) => log.info({ contacts }, 'joined the DHT')))
  }
  void join()
  const timer = setInterval(() => {
    if (node.size === 0) void join()
  }, AGAIN_MS)
  return {
    [Symbol.dispose]: () => {
      ended = true
      clearInterval(timer)
    },
  }
}

/** All addresses of a name; none when it has none, which is said when nobody has any. */
async function addressesOf({ host, port }: Endpoint): Promise<UdpAddress[]> {
  const known = parseIp(host)
  if (known) return [{ ip: known, port }]
  try {
    const found = await lookup(host, { all: true })
    return found.flatMap(({ address }) => {
      const ip = parseIp(address)
      return ip ? [{ ip, port }] : []
    })
  } catch {
    return []
  }
}
