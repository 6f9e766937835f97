// A DHT of a few nodes over real sockets, each on a loopback network of its own.
import { randomBytes } from 'node:crypto'
import { type Endpoint, type Found, KademliaNode, parseIp, type Storable, Tokens, type Written } from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'

export type DhtNode = Readonly<{ node: KademliaNode; driver: Driver; endpoint: Endpoint }>

export class DhtNet implements AsyncDisposable {
  readonly nodes: DhtNode[] = []
  readonly #stack = new AsyncDisposableStack()
  readonly #network = 1 + Math.floor(Math.random() * 200)

  static async start(size: number): Promise<DhtNet> {
    const net = new DhtNet()
    for (let i = 0; i < size; i++) await net.add()
    return net
  }

  /** Joins through the first. */
  async add(): Promise<DhtNode> {
    const host = `127.${this.#network}.${this.nodes.length + 1}.1`
    const node = new KademliaNode({
      id: randomBytes(20),
      tokens: new Tokens([randomBytes(32)]),
      random: randomBytes,
      nowMs: Date.now(),
    })
    const driver = this.#stack.use(await Driver.start(node, { host, port: 0, now: Date.now }))
    const [first] = this.nodes
    const ip = first && parseIp(first.endpoint.host)
    if (first && ip) {
      const address = { ip, port: first.endpoint.port }
      await new Promise((joined) => driver.send(node.bootstrap([address], driver.now(), joined)))
    }
    const added = { node, driver, endpoint: { host, port: driver.port } }
    this.nodes.push(added)
    return added
  }

  /** Puts an item through a node. */
  put({ node, driver }: DhtNode, item: Storable): Promise<Written> {
    return new Promise((done) => driver.send(node.operations.put(item, driver.now(), done)))
  }

  get({ node, driver }: DhtNode, target: Uint8Array, salt?: Uint8Array): Promise<Found> {
    return new Promise((done) => driver.send(node.operations.get(target, driver.now(), done, salt && { salt })))
  }

  /** Takes a node away without a word. */
  async remove(gone: DhtNode): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(gone), 1)
    await gone.driver[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
