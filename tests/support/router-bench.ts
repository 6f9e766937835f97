// What stands around a router: a nats-server with the generated grants, the streams, and ingest's side of the bus.
import { randomBytes } from 'node:crypto'
import { putReceiver, type StreamOptions, setUp } from '@p2pmsg/admin'
import { busUsers } from '@p2pmsg/local'
import {
  type Budget,
  type BusUser,
  EDGE_STREAM,
  edge,
  INGEST_CONSUMER,
  type KeyPair,
  type Message,
  messageId,
  type Pack,
  type PackId,
  parseMessage,
  type RefusalCode,
  recordTarget,
  toHex,
  type Verdicts,
  verdicts,
} from '@p2pmsg/protocol'
import { type Bus, connectBus, createLogger, type Delivery, Health, Puller, sleep } from '@p2pmsg/runtime'
import { type Config, readConfig } from '../../services/router/src/config.ts'
import { type Router, startRouter } from '../../services/router/src/router.ts'
import { KrpcPeer } from './krpc-peer.ts'
import { aKeyPair, anEntry } from './messages.ts'
import { aNatsServer, type TestNats, type TestNatsOptions } from './servers.ts'

const log = createLogger('router', process.env.P2PMSG_TEST_LOG ?? 'silent')
const PULL_MS = 2_000

export type Pulled = Readonly<{ pack: Pack; delivery: Delivery }>

export class RouterBench implements AsyncDisposable {
  readonly clusterSecret = randomBytes(32)
  readonly receiptKey = aKeyPair()
  readonly #stack = new AsyncDisposableStack()
  readonly nats: TestNats
  readonly admin: Bus
  readonly ingest: Bus
  readonly #puller: Puller

  private constructor(nats: TestNats, admin: Bus, ingest: Bus) {
    this.nats = this.#stack.use(nats)
    this.admin = this.#stack.use(admin)
    this.ingest = this.#stack.use(ingest)
    const puller = { stream: EDGE_STREAM, consumer: INGEST_CONSUMER, expiresMs: PULL_MS }
    this.#puller = this.#stack.use(new Puller(ingest, puller))
  }

  static async start(streams: Partial<StreamOptions> = {}, nats: TestNatsOptions = {}): Promise<RouterBench> {
    const server = await aNatsServer({ users: busUsers((user) => `password-of-${user}`), ...nats })
    const as = (service: BusUser) => connectBus({ url: server.url(service), service, log })
    const admin = await as('admin')
    await setUp(admin, streams)
    return new RouterBench(server, admin, await as('ingest'))
  }

  async router(config: Partial<Config> = {}): Promise<Router> {
    const settings = {
      NATS_URL: this.nats.url('router'),
      P2PMSG_CLUSTER_SECRETS: toHex(this.clusterSecret),
      P2PMSG_UDP_HOST: '127.0.0.1',
      P2PMSG_UDP_PORT: '0',
      P2PMSG_HTTP_HOST: '127.0.0.1',
      P2PMSG_HTTP_PORT: '0',
    }
    const full = { ...readConfig(settings), ...config }
    const router = await startRouter(full, { log, health: new Health() })
    let stopping: PromiseLike<void> | undefined
    const dispose = async () => (stopping ??= router[Symbol.asyncDispose]())
    return this.#stack.use({ ...router, [Symbol.asyncDispose]: dispose })
  }

  async peer(router: Router, host?: string): Promise<KrpcPeer> {
    return this.#stack.use(await KrpcPeer.to(router.udpPort, host))
  }

  /** Hosts a receiver, on every router that runs or will. */
  async receiver(budget?: Budget): Promise<KeyPair> {
    const receiver = aKeyPair()
    const entry = anEntry(receiver, this.receiptKey.publicKey)
    await putReceiver(this.admin, budget ? { ...entry, budget } : entry)
    return receiver
  }

  /** Waits until a router answers with the receiver's record. @returns the token that came with it */
  async known(peer: KrpcPeer, receiver: KeyPair): Promise<Uint8Array> {
    const target = recordTarget(receiver.publicKey)
    for (;;) {
      const answer = await peer.ask('get', { target, pad: Buffer.alloc(400) })
      const token = answer.kind === 'reply' && answer.body.raw('v') ? answer.body.bytes('token') : undefined
      if (token) return token
      await sleep(10)
    }
  }

  /** The next packs from EDGE, as ingest gets them; they stay unacknowledged. */
  async packs(): Promise<Pulled[]> {
    for (;;) {
      const deliveries = await this.#puller.fetch(64)
      if (deliveries.length > 0) return deliveries.map((delivery) => ({ pack: packIn(delivery), delivery }))
    }
  }

  /** The next so many messages from EDGE, acknowledged. */
  async messages(count: number): Promise<{ packId: PackId; packIndex: number; message: Message }[]> {
    const found: { packId: PackId; packIndex: number; message: Message }[] = []
    while (found.length < count) {
      for (const { pack, delivery } of await this.packs()) {
        delivery.ack()
        found.push(
          ...pack.envelopes.map((envelope, packIndex) => ({
            packId: pack.id,
            packIndex,
            message: messageIn(envelope.payload),
          })),
        )
      }
    }
    return found
  }

  /** As ingest does it: to the router whose pack it was. */
  say(said: Verdicts): void {
    this.ingest.publish(verdicts.of(said.packId.incarnation), said)
  }

  accept(packId: PackId, packIndex: number, message: Message, receipt: Uint8Array): void {
    this.say({ packId, accepted: [{ packIndex, id: messageId(message), receipt }], refused: [] })
  }

  refuse(packId: PackId, packIndex: number, code: RefusalCode): void {
    this.say({ packId, accepted: [], refused: [{ packIndex, code }] })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

function packIn({ data }: Delivery): Pack {
  const pack = edge.parse(data)
  if (!pack.ok) throw new Error(pack.fault)
  return pack.value
}

function messageIn(payload: Uint8Array): Message {
  const message = parseMessage(payload)
  if (!message.ok) throw new Error(message.fault)
  return message.value
}
