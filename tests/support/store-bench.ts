// What stands around a store: a nats-server with the generated grants, the streams, a database, and an ingest's side of the log.
import { randomBytes } from 'node:crypto'
import { type StreamOptions, setUp } from '@p2pmsg/admin'
import { busUsers } from '@p2pmsg/local'
import {
  type Announcement,
  type BusUser,
  blockPublishId,
  committed,
  encodeMessage,
  type FeedAnswer,
  type FeedQuestion,
  feedQuery,
  type Message,
  messageId,
  messages,
  type Position,
  partitionOf,
  positionOf,
  receiverOf,
  type StoreQuery,
} from '@p2pmsg/protocol'
import { AckPublisher, type Bus, connectBus, createLogger, Health, type Service } from '@p2pmsg/runtime'
import { Pool, type QueryResultRow } from 'pg'
import type { Config } from '../../services/store/src/config.ts'
import { type Database, openDatabase } from '../../services/store/src/database.ts'
import { startStore } from '../../services/store/src/store.ts'
import { aDatabase, aNatsServer, type TestDatabase, type TestNats } from './servers.ts'

const log = createLogger('store', process.env.P2PMSG_TEST_LOG ?? 'silent')
const POOL_SIZE = 6
const QUESTION_MS = 10_000
const HOURS_72 = 72 * 3_600_000
const DAYS_7 = 7 * 24 * 3_600_000

export class StoreBench implements AsyncDisposable {
  readonly partitions: number
  readonly #stack = new AsyncDisposableStack()
  readonly #incarnation = randomBytes(8)
  #counter = 0
  #nats: TestNats | undefined
  #database: TestDatabase | undefined
  #db: Database | undefined
  #pool: Pool | undefined
  #admin: Bus | undefined
  #reader: Bus | undefined
  #ingestBus: Bus | undefined
  #ingest: AckPublisher | undefined

  private constructor(partitions: number) {
    this.partitions = partitions
  }

  /** @param database another one than a fresh one on the Postgres that all test files share */
  static async start(options: Partial<StreamOptions> = {}, database?: TestDatabase): Promise<StoreBench> {
    const bench = new StoreBench(options.partitions ?? 2)
    bench.#nats = bench.#stack.use(await aNatsServer({ users: busUsers((user) => `password-of-${user}`) }))
    bench.#database = database ?? bench.#stack.use(await aDatabase())
    bench.#db = openDatabase({ url: bench.#database.url, poolSize: POOL_SIZE, log })
    bench.#stack.defer(() => bench.db.destroy())
    const pool = new Pool({ connectionString: bench.#database.url, max: 2 })
    pool.on('error', () => undefined) // a test may kill its server
    bench.#pool = pool
    bench.#stack.defer(() => pool.end())
    bench.#admin = await bench.bus('admin')
    await setUp(bench.admin, { ...options, partitions: bench.partitions })
    bench.#reader = await bench.bus('render-api')
    bench.#ingestBus = await bench.bus('ingest')
    const publishing = { inFlightMax: 1024, timeoutMs: 5_000 }
    bench.#ingest = bench.#stack.use(new AckPublisher(bench.#ingestBus, publishing))
    return bench
  }

  get nats(): TestNats {
    return present(this.#nats)
  }

  get db(): Database {
    return present(this.#db)
  }

  /** Asks the database behind the store's back. */
  async sql<T extends QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    const { rows } = await present(this.#pool).query<T>(text, values)
    return rows
  }

  get admin(): Bus {
    return present(this.#admin)
  }

  get reader(): Bus {
    return present(this.#reader)
  }

  /** Whether blocks can be put into the log. */
  get ingestConnected(): boolean {
    return present(this.#ingestBus).connected
  }

  get postgresUrl(): string {
    return present(this.#database).url
  }

  async bus(service: BusUser): Promise<Bus> {
    return this.#stack.use(await connectBus({ url: this.nats.url(service), service, log }))
  }

  /** A store as `main.ts` starts it, but for the process. */
  async store(given: Partial<Pick<Config, 'retainMs' | 'maxAgeMs' | 'searchLanguage'>> = {}): Promise<Service> {
    const config = {
      natsUrl: this.nats.url('store'),
      postgresUrl: this.postgresUrl,
      poolSize: POOL_SIZE,
      retainMs: HOURS_72,
      maxAgeMs: DAYS_7,
      searchLanguage: 'simple',
      ...given,
    }
    const store = await startStore(config, { log, health: new Health() })
    let stopping: Promise<void> | undefined
    const dispose = async () => store[Symbol.asyncDispose]()
    return this.#stack.use({ drain: () => store.drain(), [Symbol.asyncDispose]: () => (stopping ??= dispose()) })
  }

  /** A block of accepted messages, all of one partition, as ingest makes it. */
  block(accepted: readonly Message[], receivedMs = Date.now()): Uint8Array {
    const partition = partitionOf(receiverOf(present(accepted[0])), this.partitions)
    return messages.of(partition).encode({
      packId: { incarnation: this.#incarnation, counter: this.#counter++ },
      partition,
      accepted: accepted.map((message, packIndex) => ({
        packIndex,
        id: messageId(message),
        envelope: { receivedMs, dialect: 'krpc', payload: encodeMessage(message) },
      })),
      refused: [],
    })
  }

  /** Into the log, under the id that makes it stand there once. @returns the first message's position */
  async accept(accepted: readonly Message[], receivedMs = Date.now()): Promise<Position> {
    const bytes = this.block(accepted, receivedMs)
    const parsed = messages.of(0).parse(bytes)
    if (!parsed.ok) throw new Error(parsed.fault)
    const { packId, partition } = parsed.value
    const ack = await this.append(bytes, partition, blockPublishId(packId, partition))
    return positionOf(ack, 0)
  }

  /** @returns the record's sequence */
  async append(bytes: Uint8Array, partition: number, msgId?: string): Promise<number> {
    const subject = messages.of(partition).name
    const { seq } = await present(this.#ingest).publish(subject, bytes, msgId === undefined ? {} : { msgId })
    return seq
  }

  async ask<Q, A>(query: StoreQuery<Q, A>, question: Q): Promise<A> {
    const reply = await this.reader.request(query, question, QUESTION_MS)
    if (!reply.ok) throw new Error(reply.code)
    return reply.answer
  }

  feed(receiver: Uint8Array, given: Partial<FeedQuestion> = {}): Promise<FeedAnswer> {
    return this.ask(feedQuery, {
      receiver,
      before: undefined,
      after: undefined,
      limit: 200,
      author: undefined,
      topic: undefined,
      replyTo: undefined,
      search: undefined,
      ...given,
    })
  }

  /** Everything that is announced of a receiver's partition from now on. */
  async announcements(receiver: Uint8Array): Promise<Announcement[]> {
    const heard: Announcement[] = []
    this.reader.subscribe(committed.of(partitionOf(receiver, this.partitions)), (value) => heard.push(value))
    await this.reader.nc.flush()
    return heard
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the bench has not started')
  return value
}
