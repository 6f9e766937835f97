import {
  BUS_PAYLOAD_BYTES_MIN,
  type BusUser,
  inboxPrefix,
  type Parsed,
  type Reply,
  type StoreQuery,
  type Subject,
} from '@p2pmsg/protocol'
import { connect, type NatsConnection } from 'nats'
import { backoffMs } from '../backoff.ts'
import { BusUnavailable, BusUnfit, reasonOf } from '../failures.ts'
import type { Logger } from '../log.ts'
import { counter, gauge } from '../metrics.ts'
import { parseBusUrl } from './url.ts'

/** Oldest server that knows stream metadata, `first_seq` and `sync_interval`. */
const VERSION_MIN = [2, 10] as const
/** Between two tries to connect, milliseconds. */
const RECONNECT_MS = 250
const RECONNECT_JITTER_MS = 250
/** Closing flushes what is buffered; a dead server never answers that, milliseconds. */
const CLOSE_MS = 2_000
/** How long one try to connect may take, milliseconds. */
const CONNECT_MS = 2_000
/** A server that answers no ping for this long is gone, milliseconds (two in a row). */
const PING_MS = 5_000

const dropped = counter('p2pmsg_bus_dropped', 'Core messages not sent because the bus was away', 'subject')
const faulty = counter('p2pmsg_bus_faults', 'Messages from the bus that did not parse', 'subject')

export type BusOptions = Readonly<{ url: string; service: BusUser; log: Logger }>

/** One connection to NATS, made anew for ever when it breaks. */
export class Bus implements AsyncDisposable {
  readonly nc: NatsConnection
  readonly service: BusUser
  #connected = true
  readonly #reconnected = new Set<() => void>()

  constructor(nc: NatsConnection, service: BusUser, log: Logger) {
    this.nc = nc
    this.service = service
    void this.#watch(log)
    gauge('p2pmsg_bus_connected', 'Whether NATS is connected', () => (this.#connected ? 1 : 0))
  }

  get connected(): boolean {
    return this.#connected
  }

  /** Calls back after each reconnection. @returns how to stop that */
  onReconnect(callback: () => void): () => void {
    this.#reconnected.add(callback)
    return () => this.#reconnected.delete(callback)
  }

  async #watch(log: Logger): Promise<void> {
    for await (const status of this.nc.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false
        log.warn('the bus is away')
      } else if (status.type === 'reconnect') {
        this.#connected = true
        log.info('the bus is back')
        for (const callback of this.#reconnected) callback()
      } else if (status.type === 'error') {
        log.error({ err: status.error }, 'the bus refused something')
      }
    }
    this.#connected = false
  }

  /** Fire and forget. While the bus is away nothing is kept for it: the client's own buffer has no bound. */
  publish<T>(subject: Subject<T>, value: T): boolean {
    return this.publishBytes(subject.name, subject.encode(value))
  }

  publishBytes(subject: string, bytes: Uint8Array): boolean {
    if (!this.#connected || this.nc.isClosed()) {
      dropped.add(1, subject.split('.', 2).join('.'))
      return false
    }
    this.nc.publish(subject, bytes)
    return true
  }

  /** @param queue of all who subscribe under this name, one gets each message @returns how to stop */
  subscribe<T>(subject: Subject<T>, onValue: (value: T) => void, queue?: string): () => void {
    const subscription = this.nc.subscribe(subject.name, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error) return
        const value = subject.parse(message.data)
        if (value.ok) onValue(value.value)
        else faulty.add(1, subject.name.split('.', 2).join('.'))
      },
    })
    return () => subscription.unsubscribe()
  }

  /** @throws {BusUnavailable} nobody answered in time, or the answer did not parse */
  async request<Q, A>(query: StoreQuery<Q, A>, question: Q, timeoutMs: number): Promise<Reply<A>> {
    if (!this.#connected) throw new BusUnavailable('the bus is away')
    let parsed: Parsed<Reply<A>>
    try {
      const message = await this.nc.request(query.name, query.encode(question), { timeout: timeoutMs })
      parsed = query.parseReply(message.data)
    } catch (cause) {
      throw new BusUnavailable(`no answer on ${query.name}: ${reasonOf(cause)}`, { cause })
    }
    if (!parsed.ok) throw new BusUnavailable(`${query.name}: ${parsed.fault}`)
    return parsed.value
  }

  /** Flushes and closes; a server that is away is not waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.nc.isClosed()) return
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref())
    if (this.#connected) await Promise.race([this.nc.flush().catch(() => undefined), deadline])
    await Promise.race([this.nc.close(), deadline])
  }
}

/**
 * Connects, waiting for the server for as long as it takes (the orchestrator decides how long a start may last).
 * @throws {ConfigError} the URL is unusable
 * @throws {BusUnfit} the server is too old or its payloads are too small
 */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const { servers, user, password, tls } = parseBusUrl(options.url)
  const nc = await patiently(options.log, () =>
    connect({
      servers,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
      ...(tls ? { tls: {} } : {}),
      name: options.service,
      inboxPrefix: inboxPrefix(options.service),
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      ignoreAuthErrorAbort: true, // passwords may be rotated under us
      noAsyncTraces: true, // halves the cost of a request
      pingInterval: PING_MS,
      timeout: CONNECT_MS,
    }),
  )
  try {
    checkServer(nc)
    return new Bus(nc, options.service, options.log)
  } catch (thrown) {
    await nc.close()
    throw thrown
  }
}

async function patiently(log: Logger, connectOnce: () => Promise<NatsConnection>): Promise<NatsConnection> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await connectOnce()
    } catch (thrown) {
      log.warn({ err: thrown, attempt }, 'cannot connect to NATS yet')
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, 5_000)))
    }
  }
}

function checkServer(nc: NatsConnection): void {
  const { version = '0.0', max_payload = 0, jetstream = false } = nc.info ?? {}
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [majorMin, minorMin] = VERSION_MIN
  if (major < majorMin || (major === majorMin && minor < minorMin)) {
    throw new BusUnfit(`NATS ${version} is too old: ${VERSION_MIN.join('.')} or newer is needed`)
  }
  if (!jetstream) throw new BusUnfit('this NATS server has no JetStream: start it with `jetstream {}`')
  if (max_payload < BUS_PAYLOAD_BYTES_MIN) {
    throw new BusUnfit(`max_payload of NATS is ${max_payload} bytes: ${BUS_PAYLOAD_BYTES_MIN} or more is needed`)
  }
}
