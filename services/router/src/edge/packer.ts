import {
  ENVELOPE_HEADER_BYTES,
  type Envelope,
  edge,
  PACK_BYTES_MAX,
  PACK_ENVELOPES_MAX,
  type PackId,
} from '@p2pmsg/protocol'
import { packClosed } from '../events.ts'
import { PackInFlight } from './pack-in-flight.ts'
import type { Pending } from './pending.ts'

/** A pack waits for further envelopes this long, milliseconds. */
const LINGER_MS = 3
/** Packs that EDGE has not acknowledged; beyond, the edge is `busy`. */
export const PACKS_IN_FLIGHT_MAX = 256
/** Version, id and count of a pack, with room to spare, bytes. */
const PACK_HEADER_BYTES = 64

/** Hands a pack to the bus. Its end comes back through `settled`. */
export type Publish = (pack: PackInFlight, id: PackId, bytes: Uint8Array) => void

/** Gathers envelopes into packs: one open, and a bounded number on their way. */
export class Packer {
  readonly #incarnation: Uint8Array
  readonly #publish: Publish
  #open: PackInFlight | undefined
  #openBytes = 0
  #counter = 0
  #inFlight = 0

  constructor(incarnation: Uint8Array, publish: Publish) {
    this.#incarnation = incarnation
    this.#publish = publish
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get isEmpty(): boolean {
    return this.#open === undefined
  }

  /** When the open pack has waited long enough, Unix milliseconds. */
  get deadline(): number | undefined {
    return this.#open && this.#mayPublish ? this.#open.openedMs + LINGER_MS : undefined
  }

  get #mayPublish(): boolean {
    return this.#inFlight < PACKS_IN_FLIGHT_MAX
  }

  /** @returns the pack that took it; undefined when everything is full */
  add(envelope: Envelope, pending: Pending, nowMs: number): PackInFlight | undefined {
    const bytes = ENVELOPE_HEADER_BYTES + envelope.payload.length
    if (this.#open && this.#openBytes + bytes > PACK_BYTES_MAX) this.#close()
    const full = this.#open && (this.#open.size >= PACK_ENVELOPES_MAX || this.#openBytes + bytes > PACK_BYTES_MAX)
    if (full) return undefined
    this.#open ??= this.#begin(nowMs)
    const pack = this.#open
    pack.add(envelope, pending)
    this.#openBytes += bytes
    if (pack.size >= PACK_ENVELOPES_MAX) this.#close()
    return pack
  }

  /** Closes the open pack if it has lingered. */
  tick(nowMs: number): void {
    if (this.deadline !== undefined && nowMs >= this.deadline) this.#close()
  }

  /** Closes the open pack, if it may. */
  flush(): void {
    this.#close()
  }

  /** A pack's publish has ended, well or not: there is room for another. */
  settled(nowMs: number): void {
    this.#inFlight--
    if (this.#open && this.#open.size >= PACK_ENVELOPES_MAX) this.#close()
    else this.tick(nowMs)
  }

  #begin(nowMs: number): PackInFlight {
    this.#openBytes = PACK_HEADER_BYTES
    return new PackInFlight(this.#counter++, nowMs)
  }

  #close(): void {
    const pack = this.#open
    if (!pack || !this.#mayPublish) return
    this.#open = undefined
    this.#inFlight++
    packClosed(pack.size)
    const id = { incarnation: this.#incarnation, counter: pack.counter }
    this.#publish(pack, id, edge.encode({ id, envelopes: pack.takeEnvelopes() }))
  }
}
