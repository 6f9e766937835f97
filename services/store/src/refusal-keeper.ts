import { REFUSAL_CODES, REFUSED_CONSUMER, REFUSED_STREAM, type Refusal, refused } from '@p2pmsg/protocol'
import { type Bus, backoffMs, type Delivery, type Logger, Puller, sleep } from '@p2pmsg/runtime'
import { sql } from 'kysely'
import { byteaArray, int2Array, int8Array } from './binary-array.ts'
import { available, type Database } from './database.ts'
import * as events from './events.ts'

/** Records pulled at once, each of at most 64 refusals. */
const FETCH_MAX = 64
/** How long a pull waits when there is nothing, milliseconds. */
const EXPIRES_MS = 5_000
/** Longest wait between two tries, milliseconds. */
const RETRY_LAST_MS = 5_000

type Kept = Readonly<{ seq: number; slot: number; refusal: Refusal }>

/** Keeps what ingest refused, for `trace` and operators. Acknowledges after the commit; a redelivery adds nothing. */
export class RefusalKeeper implements AsyncDisposable {
  readonly #db: Database
  readonly #log: Logger
  readonly #puller: Puller
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(deps: Readonly<{ db: Database; bus: Bus; log: Logger }>) {
    this.#db = deps.db
    this.#log = deps.log
    this.#puller = new Puller(deps.bus, { stream: REFUSED_STREAM, consumer: REFUSED_CONSUMER, expiresMs: EXPIRES_MS })
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; ) {
      let deliveries: Delivery[] = []
      try {
        deliveries = await this.#puller.fetch(FETCH_MAX)
        if (deliveries.length === 0) continue
        const kept = deliveries.flatMap((delivery) => this.#refusalsOf(delivery))
        await keepRefusals(this.#db, kept)
        for (const delivery of deliveries) delivery.ack()
        events.refusalsKept(kept.length)
        attempt = 0
      } catch (thrown) {
        for (const delivery of deliveries) delivery.nak()
        events.choreFailed(this.#log, 'refusals', thrown)
        await sleep(backoffMs(attempt++, RETRY_LAST_MS), this.#stop.signal)
      }
    }
  }

  /** Unlike a block, a record of refusals that does not parse is left out: nothing that was promised depends on it. */
  #refusalsOf({ data, seq }: Delivery): Kept[] {
    const refusals = refused.parse(data)
    if (refusals.ok) return refusals.value.map((refusal, slot) => ({ seq, slot, refusal }))
    events.badRefusal(this.#log, seq)
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#puller.stop()
    await this.#running
    await this.#puller[Symbol.asyncDispose]()
  }
}

export async function keepRefusals(db: Database, kept: readonly Kept[]): Promise<void> {
  const column = <T>(read: (refusal: Refusal) => T) => kept.map(({ refusal }) => read(refusal))
  await available(() =>
    sql`INSERT INTO refusal (day, seq, slot, time_ms, code, count, digest, id, receiver)
      SELECT (now() AT TIME ZONE 'UTC')::date, * FROM unnest(
        ${int8Array(kept.map(({ seq }) => seq))}::int8[],
        ${int2Array(kept.map(({ slot }) => slot))}::int2[],
        ${int8Array(column((refusal) => refusal.time))}::int8[],
        ${int2Array(column((refusal) => REFUSAL_CODES.indexOf(refusal.code)))}::int2[],
        ${int8Array(column((refusal) => refusal.count))}::int8[],
        ${byteaArray(column((refusal) => refusal.digest))}::bytea[],
        ${byteaArray(column((refusal) => refusal.id))}::bytea[],
        ${byteaArray(column((refusal) => refusal.receiver))}::bytea[]
      ) ON CONFLICT DO NOTHING`.execute(db),
  )
}
