import { randomBytes } from 'node:crypto'
import { type Endpoint, ID_BYTES, KademliaNode, type Outgoing, parseIp, Tokens, toHex } from '@p2pmsg/protocol'
import { Driver, keepTable, readTable, startJoining, steadyClock } from '@p2pmsg/udp'
import { formatUdp } from '../names.ts'
import { familiesOf, spread } from './families.ts'

const SECRET_BYTES = 32

export type BareNodeOptions = Readonly<{
  /** Whom to join through; none = the first node of a network. */
  bootstrap: readonly Endpoint[]
  /** 0 = any free one. */
  port: number
  /** '' = all addresses, in both families. */
  host: string
  /** BEP 43: answers nobody. */
  readOnly: boolean
  /** Where id and routing table are kept between runs. */
  folder: string | undefined
  onJoined: (contacts: number) => void
  onNobody: () => void
  /** Something went wrong that the node goes on without. */
  onTrouble: (why: string) => void
}>

/** A node of the DHT without a cluster around it. */
export class BareNode implements AsyncDisposable {
  readonly #node: KademliaNode
  readonly #driver: Driver
  readonly #stack: AsyncDisposableStack

  private constructor(node: KademliaNode, driver: Driver, stack: AsyncDisposableStack) {
    this.#node = node
    this.#driver = driver
    this.#stack = stack
  }

  /** @throws {Error} the operating system's, e.g. `EADDRINUSE` */
  static async start(options: BareNodeOptions): Promise<BareNode> {
    const { bootstrap, port, host, readOnly, folder, onTrouble } = options
    const saved = folder === undefined ? undefined : await readTable(folder, onTrouble)
    const families = familiesOf(host)
    const now = steadyClock()
    const node = new KademliaNode({
      id: saved?.id ?? randomBytes(ID_BYTES),
      tokens: new Tokens([randomBytes(SECRET_BYTES)]),
      random: randomBytes,
      nowMs: now(),
      families,
      readOnly,
      ...spread(bootstrap.map((endpoint) => ({ ip: parseIp(endpoint.host) ?? PUBLIC_IP, port: endpoint.port }))),
    })
    await using started = new AsyncDisposableStack()
    const driver = started.use(await Driver.start(node, { host, port, now }))
    if (folder !== undefined) started.use(keepTable(node, folder, onTrouble))
    const known = saved?.contacts.map(({ address }) => address) ?? []
    const send = (outgoing: readonly Outgoing[]) => driver.send(outgoing)
    if (bootstrap.length + known.length > 0) started.use(startJoining(node, { ...options, known, families, now, send }))
    return new BareNode(node, driver, started.move())
  }

  get port(): number {
    return this.#driver.port
  }

  /** How it stands, in numbers that can be printed. */
  get status() {
    const { id, counts, externalAddress } = this.#node
    const answered = Object.values(counts.answering.queries).reduce((sum, count) => sum + count, 0)
    return {
      node: toHex(id),
      contacts: counts.contacts.v4 + counts.contacts.v6,
      items: counts.storage.items,
      peers: counts.storage.peers,
      answered,
      asked: counts.asking.asked,
      address: externalAddress ? formatUdp(externalAddress) : null,
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

/** What a name counts as: nobody names the nodes of a network of their own by names that others could take over. */
const PUBLIC_IP = new Uint8Array(16).fill(1)
