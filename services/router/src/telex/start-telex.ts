import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { committed, type Endpoint, isIpv4, type Outgoing, parseIp, signals, type UdpAddress } from '@p2pmsg/protocol'
import { type Bus, gauge, type Logger } from '@p2pmsg/runtime'
import type { Config } from '../config.ts'
import type { Intake } from '../edge/intake.ts'
import { Offers } from './offers.ts'
import { TelexDoor } from './telex-door.ts'

export type TelexParts = Readonly<{
  bus: Bus
  incarnation: Uint8Array
  intake: Intake
  /** How others reach our UDP port. */
  endpoint: Endpoint
  now: () => number
  send: (outgoing: readonly Outgoing[]) => void
  log: Logger
}>

/** The telex door with its ties to the other routers and to the store; undefined where no IPv4 address is advertised. */
export async function startTelex(
  config: Config,
  parts: TelexParts,
): Promise<(Disposable & { door: TelexDoor }) | undefined> {
  const { bus, incarnation, intake, now, send, log } = parts
  const { legacy, clusterSecrets, provedPerSecond, unprovedPerSecond } = config
  const self = await addressOf(parts.endpoint)
  if (!self) {
    log.warn({ advertise: parts.endpoint.host }, 'no IPv4 address is advertised, so no telex is spoken')
    return undefined
  }
  const door = new TelexDoor({
    self,
    clusterSecrets,
    random: randomBytes,
    legacy,
    provedPerSecond,
    unprovedPerSecond,
    intake,
    onSignal: (telex, proved) => bus.publish(signals, { incarnation, proved, telex }),
  })
  using started = new DisposableStack()
  const own = Buffer.from(incarnation)
  started.defer(
    bus.subscribe(signals, ({ incarnation: by, proved, telex }) => {
      if (!own.equals(by)) send(door.relay(telex, proved, now()))
    }),
  )
  if (legacy.receiver && legacy.keys) {
    const offers = new Offers({ receiver: legacy.receiver, keys: legacy.keys, nowMs: now() })
    const everyPartition = { ...committed.of(0), name: committed.wildcard }
    started.defer(
      bus.subscribe(everyPartition, (announcement) => {
        for (const telex of offers.of(announcement, now())) send(door.relay(telex, false, now()))
      }),
    )
  }
  gauge('p2pmsg_telex_lines', 'Telehash v1 peers with a proved address', () => door.lines)
  gauge('p2pmsg_telex_tappers', 'Those of them that tap', () => door.tappers)
  const running = started.move()
  return { door, [Symbol.dispose]: () => running.dispose() }
}

/** The address in a switch's id: IPv4, as 2011 knew no other. */
async function addressOf({ host, port }: Endpoint): Promise<UdpAddress | undefined> {
  const ip = parseIp(host) ?? (await resolved(host))
  return ip && isIpv4(ip) ? { ip, port } : undefined
}

async function resolved(host: string): Promise<Uint8Array | undefined> {
  try {
    return parseIp((await lookup(host, { family: 4 })).address)
  } catch {
    return undefined // a name without such an address, or no resolver: said by whoever asked
  }
}
