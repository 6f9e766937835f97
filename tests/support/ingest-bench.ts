// What stands around an ingest: a nats-server with the generated grants, the streams, and a router's side of the bus.
import { randomBytes } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import { putReceiver, type StreamOptions, setUp } from '@p2pmsg/admin'
import { busUsers } from '@p2pmsg/local'
import {
  type AcceptedVerdict,
  type BusUser,
  EDGE_STREAM,
  type Envelope,
  edge,
  encodeMessage,
  INGEST_CONSUMER,
  type KeyPair,
  MESSAGES_STREAM,
  type Message,
  type Pack,
  type Policy,
  parseBlock,
  parseReceipt,
  type Receipt,
  type Refused,
  type Verdicts,
  verdicts,
} from '@p2pmsg/protocol'
import {
  AckPublisher,
  type Bus,
  connectBus,
  createLogger,
  Health,
  Puller,
  type Service,
  sleep,
  streamInfo,
} from '@p2pmsg/runtime'
import { type IngestParts, startIngest } from '../../services/ingest/src/ingest.ts'
import { aKeyPair, aMessage, anEntry, forged, type Period } from './messages.ts'
import { aNatsServer, type TestNats, type TestNatsOptions } from './servers.ts'

const log = createLogger('ingest', process.env.P2PMSG_TEST_LOG ?? 'silent')

/** All verdicts that came for one pack, whatever number of messages they came in. */
export type PackVerdicts = Readonly<{ accepted: AcceptedVerdict[]; refused: Refused[] }>

export class IngestBench implements AsyncDisposable {
  readonly receiptKey = aKeyPair()
  readonly incarnation = randomBytes(8)
  readonly #stack = new AsyncDisposableStack()
  readonly #verdicts = new Map<number, { accepted: AcceptedVerdict[]; refused: Refused[] }>()
  readonly #waiting = new Set<() => void>()
  #counter = 0
  #ingests = 0
  #nats: TestNats | undefined
  #admin: Bus | undefined
  #edge: AckPublisher | undefined

  static async start(options: Partial<StreamOptions> = {}, nats: TestNatsOptions = {}): Promise<IngestBench> {
    const bench = new IngestBench()
    bench.#nats = bench.#stack.use(await aNatsServer({ users: busUsers((user) => `password-of-${user}`), ...nats }))
    bench.#admin = await bench.bus('admin')
    await setUp(bench.admin, options)
    const router = await bench.bus('router')
    bench.#edge = bench.#stack.use(new AckPublisher(router, { inFlightMax: 1024, timeoutMs: 5_000 }))
    router.subscribe(verdicts.of(bench.incarnation), (value) => bench.#onVerdicts(value))
    await router.nc.flush()
    return bench
  }

  get nats(): TestNats {
    return present(this.#nats)
  }

  get admin(): Bus {
    return present(this.#admin)
  }

  async bus(service: BusUser): Promise<Bus> {
    return this.#stack.use(await connectBus({ url: this.nats.url(service), service, log }))
  }

  /** A hosted receiver whose record delegates to the receipt key of the ingests here. */
  async receiver(options: { policy?: Policy; period?: Period; receiptKey?: Uint8Array } = {}): Promise<KeyPair> {
    const receiver = aKeyPair()
    const receiptKey = options.receiptKey ?? this.receiptKey.publicKey
    await putReceiver(this.admin, anEntry(receiver, receiptKey, options.policy, options.period))
    if (this.#ingests > 0) await this.#known(receiver.publicKey)
    return receiver
  }

  /** Waits until the ingest has heard of a receiver: until what is refused is not refused for that. */
  async #known(receiver: Uint8Array): Promise<void> {
    const probe = forged(aMessage(aKeyPair(), receiver, { text: 'known?' }))
    while (codesOf(await this.judge([probe]))[0]?.[1] === 'unknown-receiver') await sleep(10)
  }

  async ingest(parts: IngestParts = {}): Promise<Service> {
    const config = {
      natsUrl: this.nats.url('ingest'),
      receiptKey: this.receiptKey,
      maxAgeMs: 24 * 3600 * 1000,
      verifyThreads: 1,
      natsMonitorUrl: this.nats.monitorUrl,
    }
    const ingest = await startIngest(config, { log, health: new Health() }, parts)
    this.#ingests++
    const stopped = async () => {
      this.#ingests--
      await ingest[Symbol.asyncDispose]()
    }
    let stopping: Promise<void> | undefined
    const dispose = () => (stopping ??= stopped())
    return this.#stack.use({ drain: () => ingest.drain(), [Symbol.asyncDispose]: dispose })
  }

  pack(messages: readonly (Message | Uint8Array)[], given: Partial<Envelope> = {}): Pack {
    const envelopes = messages.map((message) => ({
      receivedMs: Date.now(),
      dialect: 'krpc' as const,
      payload: message instanceof Uint8Array ? message : encodeMessage(message),
      ...given,
    }))
    return { id: { incarnation: this.incarnation, counter: this.#counter++ }, envelopes }
  }

  /** Into EDGE, as a router does it. */
  async send(pack: Pack): Promise<void> {
    await this.sendBytes(edge.encode(pack))
  }

  /** As by judges that die: takes the pack from the queue and leaves it there, so many times. */
  async abandon(pack: Pack, times: number): Promise<void> {
    const bus = await this.bus('ingest')
    await using puller = new Puller(bus, { stream: EDGE_STREAM, consumer: INGEST_CONSUMER, expiresMs: 1_000 })
    await this.send(pack)
    for (let seen = 0; seen < times; ) {
      for (const delivery of await puller.fetch(1)) {
        delivery.nak()
        seen++
      }
    }
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    await present(this.#edge).publish(edge.name, bytes)
  }

  /** Resolves when each envelope of the pack has its verdict. */
  async verdictsOf(pack: Pack): Promise<PackVerdicts> {
    for (;;) {
      const told = this.#verdicts.get(pack.id.counter)
      if (told && told.accepted.length + told.refused.length >= pack.envelopes.length) return told
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** The verdicts that have come for a pack until now. */
  told(pack: Pack): PackVerdicts {
    return this.#verdicts.get(pack.id.counter) ?? { accepted: [], refused: [] }
  }

  async judge(messages: readonly (Message | Uint8Array)[], given: Partial<Envelope> = {}): Promise<PackVerdicts> {
    const pack = this.pack(messages, given)
    await this.send(pack)
    return this.verdictsOf(pack)
  }

  async stored(seq: number): Promise<ReturnType<typeof parseBlock>> {
    const manager = await jetstreamManager(this.admin.nc)
    const message = await manager.streams.getMessage(MESSAGES_STREAM, { seq })
    return parseBlock(present(message ?? undefined).data)
  }

  /** Packs of which any verdict has come. */
  get packsTold(): number {
    return this.#verdicts.size
  }

  /** Packs that an ingest has in hand. */
  async unacknowledged(): Promise<number> {
    const manager = await jetstreamManager(this.admin.nc)
    return (await manager.consumers.info(EDGE_STREAM, INGEST_CONSUMER)).num_ack_pending
  }

  async count(stream: string): Promise<number> {
    return (await streamInfo(this.admin, stream)).state.messages
  }

  #onVerdicts({ packId, accepted, refused }: Verdicts): void {
    const told = this.#verdicts.get(packId.counter) ?? { accepted: [], refused: [] }
    told.accepted.push(...accepted)
    told.refused.push(...refused)
    this.#verdicts.set(packId.counter, told)
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

export function receiptIn(verdict: AcceptedVerdict | undefined): Receipt {
  const receipt = parseReceipt(present(verdict).receipt)
  if (!receipt.ok) throw new Error(receipt.fault)
  return receipt.value
}

export function acceptedIn(told: PackVerdicts): number[] {
  return told.accepted.map(({ packIndex }) => packIndex).sort((a, b) => a - b)
}

export function codesOf(told: PackVerdicts): [number, string][] {
  return told.refused.map(({ packIndex, code }): [number, string] => [packIndex, code]).sort((a, b) => a[0] - b[0])
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not there')
  return value
}
