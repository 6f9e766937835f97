import type { KademliaNode, Outgoing } from '@p2pmsg/protocol'
import type { Logger } from '@p2pmsg/runtime'
import { keepTable, readTable, startJoining } from '@p2pmsg/udp'
import type { Config } from '../config.ts'
import type { Receivers } from '../receivers.ts'
import { RecordPublisher } from './publish-records.ts'

export type TakePartParts = Readonly<{
  node: KademliaNode
  receivers: Receivers
  families: readonly (4 | 6)[]
  now: () => number
  send: (outgoing: readonly Outgoing[]) => void
  log: Logger
}>

/** The router as a node that originates: joins the DHT, publishes the records of its receivers there, and remembers whom it met. */
export async function startTakingPart(config: Config, parts: TakePartParts): Promise<AsyncDisposable> {
  const { bootstrap, stateDir } = config
  const { node, log } = parts
  await using started = new AsyncDisposableStack()
  const saved = stateDir === undefined ? undefined : await readTable(stateDir, (why) => log.warn(why))
  if (stateDir !== undefined) started.use(keepTable(node, stateDir, (why) => log.warn(why)))
  const known = saved?.contacts.map(({ address }) => address) ?? []
  const onJoined = (contacts: number) => log.info({ contacts }, 'joined the DHT')
  const onNobody = () => log.warn('no bootstrap node of P2PMSG_BOOTSTRAP has an address that this router reaches')
  started.use(startJoining(node, { ...parts, bootstrap, known, onJoined, onNobody }))
  started.use(new RecordPublisher(parts))
  return started.move()
}
