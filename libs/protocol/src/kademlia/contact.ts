import { compactNodes, type NodeContact, type UdpAddress } from '../krpc/compact.ts'
import { type AddressKey, addressKey, prefixKey } from './address-key.ts'
import { fitsBep42 } from './bep42.ts'
import { compareDistance } from './id.ts'

/** Queries in a row without an answer after which a contact is stale and makes room for the next one. */
export const FAILS_MAX = 3
/** BEP 5: a contact that was not heard of for this long is questionable, milliseconds. */
const GOOD_MS = 15 * 60_000

/** A node that we know: the ⟨IP, port, id⟩ triple of the 2002 paper, §2.2, and how it has behaved. */
export class Contact implements NodeContact {
  readonly id: Uint8Array
  readonly address: UdpAddress
  readonly key: AddressKey
  readonly prefix: AddressKey
  /** The id's first 32 bits, as a signed number: most comparisons of distance end there. */
  readonly head: number
  /** As `nodes` or `nodes6` carries it, 26 or 38 bytes. */
  readonly compact: Uint8Array
  readonly fitsAddress: boolean
  /** Unix milliseconds; 0 = never. */
  repliedMs = 0
  queriedUsMs = 0
  askedMs = 0
  /** Queries in a row that it left unanswered. */
  fails = 0

  constructor(id: Uint8Array, address: UdpAddress) {
    // Copies: what came in a datagram would keep the whole of it alive.
    const ip = Uint8Array.from(address.ip)
    this.id = Uint8Array.from(id)
    this.address = { ip, port: address.port }
    this.key = addressKey(address)
    this.prefix = prefixKey(ip)
    this.head = headOf(id)
    this.compact = Uint8Array.from(compactNodes([this]))
    this.fitsAddress = fitsBep42(id, ip)
  }

  /** Fit to be named to others: one lost datagram is not a dead node. */
  get reliable(): boolean {
    return this.fails <= 1
  }

  get stale(): boolean {
    return this.fails >= FAILS_MAX
  }

  /** BEP 5's good: answered lately, or answered once and has asked lately. */
  isGood(nowMs: number): boolean {
    return this.fails === 0 && Math.max(this.repliedMs, this.queriedUsMs) > nowMs - GOOD_MS
  }
}

export function headOf(id: Uint8Array): number {
  return ((id[0] as number) << 24) | ((id[1] as number) << 16) | ((id[2] as number) << 8) | (id[3] as number)
}

/** The order of heads as unsigned numbers. */
export function compareHeads(a: number, b: number): number {
  return (a >>> 0) - (b >>> 0)
}

/** Turns the order of unsigned numbers into that of signed ones, which engines keep in a register. */
const SIGN = 0x8000_0000 | 0

/**
 * The contacts nearest to a target, nearest first, chosen one by one: keeps a short sorted list, whose entries are compared by
 * the XOR of 32 bits and by all 160 only where these are equal.
 */
export class Nearest {
  readonly max: number
  /** The target's first 32 bits. */
  readonly head: number
  readonly contacts: Contact[] = []
  readonly #target: Uint8Array
  readonly #except: AddressKey | undefined
  readonly #distances: number[] = []

  constructor(target: Uint8Array, max: number, except?: AddressKey) {
    this.max = max
    this.head = headOf(target)
    this.#target = target
    this.#except = except
  }

  get full(): boolean {
    return this.contacts.length >= this.max
  }

  /** Takes a contact that is fit to be named (`Contact.reliable`), unless there are enough nearer ones. */
  offer(contact: Contact): void {
    const distance = contact.head ^ this.head ^ SIGN
    const { contacts } = this
    const distances = this.#distances
    let at = contacts.length
    if (at >= this.max && !this.#before(distance, contact, at - 1)) return
    if (contact.key === this.#except || !contact.reliable) return
    if (at < this.max) {
      contacts.push(contact)
      distances.push(distance)
    } else at--
    for (; at > 0 && this.#before(distance, contact, at - 1); at--) {
      contacts[at] = contacts[at - 1] as Contact
      distances[at] = distances[at - 1] as number
    }
    contacts[at] = contact
    distances[at] = distance
  }

  #before(distance: number, contact: Contact, at: number): boolean {
    const other = this.#distances[at] as number
    if (distance !== other) return distance < other
    return compareDistance(this.#target, contact.id, (this.contacts[at] as Contact).id) < 0
  }
}
