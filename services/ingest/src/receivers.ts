import {
  type Delegation,
  equalBytes,
  type Policy,
  parseEntry,
  partitionOf,
  toHex,
  verifyDelegation,
} from '@p2pmsg/protocol'
import type { Events } from './events.ts'
import type { Host } from './judge.ts'

/** Receivers that one cluster hosts; more are not taken over. */
const RECEIVERS_MAX = 100_000

/** A receiver as ingest knows it. */
export class Receiver implements Host {
  readonly policy: Policy
  readonly partition: number
  readonly delegation: Delegation
  readonly #ours: boolean

  constructor(key: Uint8Array, policy: Policy, partition: number, delegation: Delegation, receiptKey: Uint8Array) {
    this.policy = policy
    this.partition = partition
    this.delegation = delegation
    this.#ours = equalBytes(delegation.receiptKey, receiptKey) && verifyDelegation(delegation, key)
  }

  /** A receipt that we sign at this time, Unix milliseconds, verifies with the receiver's address. */
  signableAt(nowMs: number): boolean {
    return this.#ours && nowMs >= this.delegation.from * 1000 && nowMs <= this.delegation.until * 1000
  }

  get signable(): boolean {
    return this.signableAt(Date.now())
  }

  /** Why not, for the operator. */
  get unsignableBecause(): string | undefined {
    if (!this.#ours) return 'its record does not delegate to our receipt key'
    return this.signable ? undefined : 'now is outside of the period of its delegation'
  }
}

/** The hosted receivers: what the watch on the bucket `receivers` last told. */
export class Receivers {
  readonly #byName = new Map<string, Receiver>() // bounded by RECEIVERS_MAX
  readonly #receiptKey: Uint8Array
  readonly #partitions: number
  readonly #events: Events

  constructor(receiptKey: Uint8Array, partitions: number, events: Events) {
    this.#receiptKey = receiptKey
    this.#partitions = partitions
    this.#events = events
  }

  get size(): number {
    return this.#byName.size
  }

  get unsignable(): number {
    return this.#byName.values().reduce((count, receiver) => count + (receiver.signable ? 0 : 1), 0)
  }

  get(key: Uint8Array): Receiver | undefined {
    return this.#byName.get(toHex(key))
  }

  /** @param name the entry's key in the bucket */
  put(name: string, bytes: Uint8Array): void {
    const entry = parseEntry(name, bytes)
    if (!entry.ok) return this.#events.badEntry(name, entry.fault)
    if (!this.#byName.has(name) && this.#byName.size >= RECEIVERS_MAX) return this.#events.badEntry(name, 'too-many')
    const { key, policy, record } = entry.value
    const partition = partitionOf(key, this.#partitions)
    const receiver = new Receiver(key, policy, partition, record.delegation, this.#receiptKey)
    if (receiver.unsignableBecause) this.#events.unsignable(name, receiver.unsignableBecause)
    this.#byName.set(name, receiver)
  }

  delete(name: string): void {
    this.#byName.delete(name)
  }
}
