import { idKey } from './address-key.ts'
import type { Agenda, Appointment } from './agenda.ts'
import { type Storable, targetOf } from './stored-item.ts'

/** Items that one node keeps published. */
const PUBLISHED_MAX = 1024
/** 2002 paper, §2.5: keys are re-published each hour, since their holders go and closer nodes come. Milliseconds. */
const REPUBLISH_MS = 60 * 60_000
/** Spread around that, so that what was published together does not stay together. */
const JITTER = 0.1
/** After a round in which nobody stored it, milliseconds. */
const AGAIN_MS = 60_000

/** What came of writing to the closest nodes: how many stored it, and the error numbers of those who would not. */
export type Written = Readonly<{ stored: number; asked: number; refusals: readonly number[]; tookMs: number }>

type Published = {
  item: Storable
  appointment: Appointment | undefined
  readonly onWritten: ((written: Written) => void) | undefined
}

/** Keeps our own items in the network (2002 paper, §2.5), each at its own time. */
export class Publisher {
  readonly #items = new Map<string, Published>() // BOUNDED by PUBLISHED_MAX
  readonly #agenda: Agenda
  readonly #put: (item: Storable, onDone: (written: Written, nowMs: number) => void, nowMs: number) => void
  readonly #random: (bytes: number) => Uint8Array

  constructor(
    agenda: Agenda,
    put: (item: Storable, onDone: (written: Written, nowMs: number) => void, nowMs: number) => void,
    random: (bytes: number) => Uint8Array,
  ) {
    this.#agenda = agenda
    this.#put = put
    this.#random = random
  }

  get size(): number {
    return this.#items.size
  }

  /** An item of the same target is replaced. @returns false when there are too many */
  publish(item: Storable, onWritten: ((written: Written) => void) | undefined, nowMs: number): boolean {
    const key = idKey(targetOf(item))
    if (!this.#items.has(key) && this.#items.size >= PUBLISHED_MAX) return false
    this.#drop(key)
    const published: Published = { item, appointment: undefined, onWritten }
    this.#items.set(key, published)
    this.#round(published, nowMs)
    return true
  }

  /** Published no longer; those who hold it forget it in time. */
  withdraw(target: Uint8Array): void {
    this.#drop(idKey(target))
  }

  #drop(key: string): void {
    const old = this.#items.get(key)
    if (old?.appointment) this.#agenda.cancel(old.appointment)
    this.#items.delete(key)
  }

  #round(published: Published, nowMs: number): void {
    this.#put(
      published.item,
      (written, doneMs) => {
        if (this.#items.get(idKey(targetOf(published.item))) !== published) return
        const share = ((this.#random(1)[0] as number) / 255) * 2 - 1
        const waitMs = (written.stored > 0 ? REPUBLISH_MS : AGAIN_MS) * (1 + share * JITTER)
        published.appointment = this.#agenda.at(doneMs + waitMs, (dueMs) => this.#round(published, dueMs))
        published.onWritten?.(written)
      },
      nowMs,
    )
  }
}
