import { parseEntry, RECEIVERS_BUCKET, type ReceiverEntry, toHex } from '@p2pmsg/protocol'
import { type Bus, type Logger, watchBucket } from '@p2pmsg/runtime'
import { receiverEntryBad } from './events.ts'

/** Receivers that one process knows; a cluster with more needs more cells. */
const RECEIVERS_MAX = 1_000_000

/** The receivers hosted here, as the bucket `receivers` names them: added and removed while we run. */
export class Receivers implements AsyncDisposable {
  readonly #entries = new Map<string, ReceiverEntry>()
  #watch: AsyncDisposable | undefined
  #onGone: (receiver: Uint8Array) => void = () => undefined
  #primed = false

  async start(bus: Bus, log: Logger): Promise<void> {
    this.#watch = await watchBucket(bus, RECEIVERS_BUCKET, this, log)
    this.#primed = true
  }

  /** Every entry that was there at the start has been read. */
  get primed(): boolean {
    return this.#primed
  }

  get(receiver: Uint8Array): ReceiverEntry | undefined {
    return this.#entries.get(toHex(receiver))
  }

  /** A bad entry leaves the one before in place: an operator's slip must not take a feed away. */
  onPut(name: string, bytes: Uint8Array): void {
    const entry = parseEntry(name, bytes)
    if (!entry.ok) receiverEntryBad(entry.fault)
    else if (this.#entries.size >= RECEIVERS_MAX && !this.#entries.has(name)) receiverEntryBad('too-many')
    else this.#entries.set(name, entry.value)
  }

  /** @param onGone called when a receiver is hosted here no longer */
  whenGone(onGone: (receiver: Uint8Array) => void): void {
    this.#onGone = onGone
  }

  onDelete(name: string): void {
    const entry = this.#entries.get(name)
    if (entry && this.#entries.delete(name)) this.#onGone(entry.key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]()
  }
}
