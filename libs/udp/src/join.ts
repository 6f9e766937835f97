import { lookup } from 'node:dns/promises'
import { type Endpoint, isIpv4, type KademliaNode, type Outgoing, parseIp, type UdpAddress } from '@p2pmsg/protocol'

/** While the node knows nobody, names are looked up and asked anew this often, milliseconds. */
const AGAIN_MS = 60_000
/** Contacts of an earlier run that are asked beside the bootstrap nodes: some will be there still. */
const KNOWN_MAX = 24

export type JoinOptions = Readonly<{
  bootstrap: readonly Endpoint[]
  /** Contacts of an earlier run. */
  known: readonly UdpAddress[]
  families: readonly (4 | 6)[]
  now: () => number
  send: (outgoing: readonly Outgoing[]) => void
  onJoined: (contacts: number) => void
  /** No bootstrap node has an address that can be reached, and nobody is known. */
  onNobody: () => void
}>

/** Joins the DHT through the bootstrap nodes and those who were known before, and again whenever everybody is lost. */
export function startJoining(node: KademliaNode, options: JoinOptions): Disposable {
  const { bootstrap, known, families, now, send, onJoined, onNobody } = options
  let ended = false
  const join = async (remembered: readonly UdpAddress[]) => {
    const named = (await Promise.all(bootstrap.map(addressesOf))).flat()
    const usable = [...remembered, ...named].filter(({ ip }) => families.includes(isIpv4(ip) ? 4 : 6))
    if (ended) return
    if (usable.length === 0) return onNobody()
    send(node.bootstrap(usable, now(), onJoined))
  }
  void join(known.slice(0, KNOWN_MAX))
  const timer = setInterval(() => {
    if (node.size === 0) void join([])
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
