import { randomBytes } from 'node:crypto'
import {
  type Endpoint,
  type Found,
  formatEndpoint,
  type Hop,
  ID_BYTES,
  isIpv4,
  KademliaNode,
  type Outgoing,
  type Storable,
  Tokens,
  type Written,
} from '@p2pmsg/protocol'
import { Driver, steadyClock } from '@p2pmsg/udp'
import { abortable } from '../abortable.ts'
import { Unreachable } from '../failures.ts'
import { addressesOf } from '../names.ts'
import { familiesOf, spread } from './families.ts'

/** Bytes of the secret that tokens are made from; nobody gets one from a node that never answers. */
const SECRET_BYTES = 32
export type DhtClientOptions = Readonly<{
  /** Nodes to begin with. */
  bootstrap: readonly Endpoint[]
  /** Local address to ask from; default: the system's choice, in both families. */
  host?: string
  signal?: AbortSignal
  /** Told what becomes of each query. */
  onHop?: (hop: Hop) => void
}>

/** A read-only node of the DHT (BEP 43): it looks up and writes, answers nobody, and stands in nobody's table. */
export class DhtClient implements AsyncDisposable {
  readonly #node: KademliaNode
  readonly #driver: Driver
  readonly #signal: AbortSignal
  readonly #watching: Readonly<{ onHop?: (hop: Hop) => void }>

  private constructor(node: KademliaNode, driver: Driver, { signal, onHop }: DhtClientOptions) {
    this.#node = node
    this.#driver = driver
    this.#signal = signal ?? new AbortController().signal
    this.#watching = onHop ? { onHop } : {}
  }

  /** Opens a port and greets the bootstrap nodes. @throws {Unreachable} when none answers, or the signal's reason */
  static async start(options: DhtClientOptions): Promise<DhtClient> {
    const { bootstrap, host = '', signal } = options
    const named = await Promise.all(bootstrap.map((endpoint) => addressesOf(endpoint).catch(() => [])))
    const families = familiesOf(host)
    const addresses = named.flat().filter(({ ip }) => families.includes(isIpv4(ip) ? 4 : 6))
    signal?.throwIfAborted()
    const now = steadyClock()
    const node = new KademliaNode({
      id: randomBytes(ID_BYTES),
      tokens: new Tokens([randomBytes(SECRET_BYTES)]),
      random: randomBytes,
      nowMs: now(),
      readOnly: true,
      families,
      ...spread(addresses),
    })
    await using started = new AsyncDisposableStack()
    const client = new DhtClient(node, started.use(await Driver.start(node, { host, port: 0, now })), options)
    const met = await client.#run<number>((nowMs, done) => node.meet(addresses, nowMs, done))
    if (met === 0) {
      const asked = bootstrap.map(formatEndpoint).join(', ')
      throw new Unreachable(`no DHT node answers at ${asked}`)
    }
    started.move()
    return client
  }

  /** BEP 44. @param salt of the signed item that is looked for */
  get(target: Uint8Array, salt?: Uint8Array): Promise<Found> {
    const options = { ...this.#watching, ...(salt && { salt }) }
    return this.#run((nowMs, done) => this.#node.operations.get(target, nowMs, done, options))
  }

  /** BEP 5. */
  getPeers(infoHash: Uint8Array): Promise<Found> {
    return this.#run((nowMs, done) => this.#node.operations.getPeers(infoHash, nowMs, done, this.#watching))
  }

  /** BEP 44. @param cas the `seq` that must be the stored one, where one is stored */
  put(item: Storable, cas?: bigint): Promise<Written> {
    const options = { ...this.#watching, ...(cas !== undefined && { cas }) }
    return this.#run((nowMs, done) => this.#node.operations.put(item, nowMs, done, options))
  }

  #run<T>(call: (nowMs: number, done: (result: T) => void) => readonly Outgoing[]): Promise<T> {
    const answered = new Promise<T>((done) => this.#driver.send(call(this.#driver.now(), done)))
    return abortable(answered, this.#signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#driver[Symbol.asyncDispose]()
  }
}
