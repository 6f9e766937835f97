import { equalBytes } from '../bytes/bytes.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import { type AddressKey, addressKey, prefixKey } from './address-key.ts'
import { Bucket } from './bucket.ts'
import { Contact, FAILS_MAX, Nearest } from './contact.ts'
import { ID_BITS, idInRange, sharedPrefixBits } from './distance.ts'

/** The 2002 paper's k: how many contacts a bucket holds at least (§2.2). */
export const TABLE_K = 20
/** The first buckets cover most of the id space, where more contacts save a hop (Jimenez et al. 2011; libtorrent). */
const FIRST_BUCKETS = [128, 64, 32, 16]
/**
 * A bucket next to our own id holds up to this many: "nodes keep all valid contacts in a subtree of size at least k nodes"
 * (§2.4), or lookups that end near us would miss some.
 */
const NEIGHBOURS_MAX = 3 * TABLE_K
/** Contacts of one /24 or /56 in one bucket: a stranger with one network cannot fill it. */
export const PREFIX_CONTACTS_MAX = 2
/** A bucket without a lookup in its range for this long is refreshed, milliseconds (2002 paper §2.3 has an hour). */
const REFRESH_MS = 10 * 60_000

export type TableOptions = Readonly<{ prefixContactsMax?: number }>

/** What became of a node that answered. */
export type Placed = 'known' | 'added' | 'waiting' | 'refused'

/**
 * The routing table (2002 paper, §2.4): k-buckets by the number of leading bits shared with our own id. Only the last one,
 * whose range has our own id, splits. One family of addresses each (BEP 32).
 */
export class RoutingTable {
  readonly #own: Uint8Array
  readonly #prefixContactsMax: number
  readonly #buckets: Bucket[]
  readonly #byAddress = new Map<AddressKey, Contact>() // BOUNDED by the buckets, their contacts and those in waiting
  #size = 0

  constructor(own: Uint8Array, nowMs: number, options: TableOptions = {}) {
    this.#own = own
    this.#prefixContactsMax = options.prefixContactsMax ?? PREFIX_CONTACTS_MAX
    this.#buckets = [new Bucket(capacityAt(0), nowMs)]
  }

  /** Contacts in buckets, without those in waiting. */
  get size(): number {
    return this.#size
  }

  get buckets(): readonly Bucket[] {
    return this.#buckets
  }

  get(address: UdpAddress): Contact | undefined {
    return this.#byAddress.get(addressKey(address))
  }

  /** All contacts in buckets. */
  contacts(): readonly Contact[] {
    return this.#buckets.flatMap(({ contacts }) => contacts)
  }

  /** Whether a node that nobody has heard answer is worth a ping: check before add. */
  wants(id: Uint8Array, address: UdpAddress): boolean {
    if (equalBytes(id, this.#own) || this.#byAddress.has(addressKey(address))) return false
    const at = this.#indexFor(id)
    const bucket = this.#buckets[at] as Bucket
    if (this.#isFull(at) && !this.#splits(at, id) && !bucket.stale) return false
    return bucket.countPrefix(prefixKey(address.ip)) < this.#prefixContactsMax && !bucket.hasId(id)
  }

  /** A node has answered a query of ours: it may come in, or wait where its bucket is full. */
  answered(id: Uint8Array, address: UdpAddress, nowMs: number): Placed {
    if (equalBytes(id, this.#own)) return 'refused'
    const known = this.#byAddress.get(addressKey(address))
    if (known && equalBytes(known.id, id)) {
      known.repliedMs = nowMs
      known.fails = 0
      return 'known'
    }
    if (known) this.#remove(known) // another node stands at this address now
    const contact = new Contact(id, address)
    contact.repliedMs = nowMs
    return this.#place(contact)
  }

  /** A known contact has asked us something. */
  queried(id: Uint8Array, address: UdpAddress, nowMs: number): void {
    const known = this.#byAddress.get(addressKey(address))
    if (known && equalBytes(known.id, id)) known.queriedUsMs = nowMs
  }

  /** A query of ours stayed without an answer. Whoever fails {@link FAILS_MAX} times goes if somebody waits, and else stays until somebody comes (2002 paper, §4.1). */
  failed(address: UdpAddress): void {
    const contact = this.#byAddress.get(addressKey(address))
    if (!contact) return
    contact.fails = Math.min(contact.fails + 1, FAILS_MAX)
    if (!contact.stale) return
    const bucket = this.#bucketFor(contact.id)
    if (!bucket.contacts.includes(contact)) return this.#remove(contact)
    const heir = bucket.promote((waiting) => this.#fits(bucket, waiting, contact))
    if (!heir) return
    this.#remove(contact)
    bucket.add(heir)
    this.#size++
  }

  /**
   * The contacts nearest to a target, nearest first, that have not failed more than once.
   * @param others contacts to choose among besides
   * @param except who asks, and does not want to be told of itself
   */
  closest(target: Uint8Array, count: number, others: readonly Contact[] = [], except?: AddressKey): readonly Contact[] {
    const nearest = new Nearest(target, count, except)
    for (const contact of others) nearest.offer(contact)
    const buckets = this.#buckets
    const first = this.#indexFor(target)
    // Nearest is the target's own bucket, then all deeper ones alike, then each of the shallower ones (§2.2).
    buckets[first]?.offerTo(nearest)
    if (!nearest.full) for (let i = first + 1; i < buckets.length; i++) buckets[i]?.offerTo(nearest)
    for (let i = first - 1; i >= 0 && !nearest.full; i--) buckets[i]?.offerTo(nearest)
    return nearest.contacts
  }

  /** A lookup goes through the target's range: its bucket needs no refresh for a while. */
  refreshed(target: Uint8Array, nowMs: number): void {
    this.#bucketFor(target).refreshedMs = nowMs
  }

  /** The bucket that waits longest for a refresh, once it is due. @returns a random target in its range */
  refreshTarget(nowMs: number, random: (bytes: number) => Uint8Array): Uint8Array | undefined {
    let due: Bucket | undefined
    for (const bucket of this.#buckets) if (!due || bucket.refreshedMs < due.refreshedMs) due = bucket
    return !due || due.refreshedMs > nowMs - REFRESH_MS ? undefined : this.targetIn(this.#buckets.indexOf(due), random)
  }

  /** A random id in a bucket's range. */
  targetIn(bucket: number, random: (bytes: number) => Uint8Array): Uint8Array {
    return idInRange(this.#own, bucket, bucket === this.#buckets.length - 1, random(this.#own.length))
  }

  #place(contact: Contact): Placed {
    for (;;) {
      const at = this.#indexFor(contact.id)
      const bucket = this.#buckets[at] as Bucket
      if (bucket.hasId(contact.id)) return 'refused' // one node has one address; who was first keeps the id
      const full = this.#isFull(at)
      const stale = full ? bucket.stale : undefined
      if (this.#fits(bucket, contact, stale) && (!full || stale)) {
        if (stale) this.#remove(stale)
        bucket.add(contact)
        this.#byAddress.set(contact.key, contact)
        this.#size++
        return 'added'
      }
      if (full && this.#splits(at, contact.id)) this.#split()
      else return this.#wait(bucket, contact)
    }
  }

  #wait(bucket: Bucket, contact: Contact): Placed {
    if (bucket.replacements.filter(({ prefix }) => prefix === contact.prefix).length >= this.#prefixContactsMax) {
      return 'refused'
    }
    this.#byAddress.set(contact.key, contact)
    const out = bucket.wait(contact)
    if (out) this.#byAddress.delete(out.key)
    return out === contact ? 'refused' : 'waiting'
  }

  /** Whether the spread over networks allows it, when `leaving` leaves. */
  #fits(bucket: Bucket, contact: Contact, leaving: Contact | undefined): boolean {
    const leaves = leaving?.prefix === contact.prefix ? 1 : 0
    return bucket.countPrefix(contact.prefix) - leaves < this.#prefixContactsMax
  }

  #isFull(at: number): boolean {
    const bucket = this.#buckets[at] as Bucket
    if (bucket.contacts.length < bucket.capacity) return false
    if (bucket.contacts.length >= NEIGHBOURS_MAX || at === this.#buckets.length - 1) return true
    let deeper = 0
    for (let i = at + 1; i < this.#buckets.length; i++) deeper += (this.#buckets[i] as Bucket).contacts.length
    return deeper >= TABLE_K
  }

  /** Only the last bucket splits, and it helps if any contact, or the newcomer, ends up on the other side. */
  #splits(at: number, id: Uint8Array): boolean {
    if (at !== this.#buckets.length - 1 || at + 1 >= ID_BITS) return false
    const deeper = (of: Uint8Array) => sharedPrefixBits(this.#own, of) > at
    const bucket = this.#buckets[at] as Bucket
    const moving = bucket.contacts.filter((contact) => deeper(contact.id)).length
    return moving > 0 || deeper(id)
  }

  #split(): void {
    const at = this.#buckets.length - 1
    const old = this.#buckets[at] as Bucket
    const halves = [new Bucket(old.capacity, old.refreshedMs), new Bucket(capacityAt(at + 1), old.refreshedMs)] as const
    this.#buckets.splice(at, 1, ...halves)
    const all = [...old.contacts, ...old.replacements]
    this.#size -= old.contacts.length
    for (const contact of all) {
      this.#byAddress.delete(contact.key)
      // Straight into its half: going through #place would split once more while the halves are being filled.
      const bucket = halves[sharedPrefixBits(this.#own, contact.id) > at ? 1 : 0]
      if (bucket.contacts.length >= bucket.capacity || !this.#fits(bucket, contact, undefined))
        this.#wait(bucket, contact)
      else {
        bucket.add(contact)
        this.#byAddress.set(contact.key, contact)
        this.#size++
      }
    }
  }

  #remove(contact: Contact): void {
    const bucket = this.#bucketFor(contact.id)
    if (bucket.contacts.includes(contact)) this.#size--
    bucket.remove(contact)
    this.#byAddress.delete(contact.key)
  }

  #indexFor(id: Uint8Array): number {
    return Math.min(sharedPrefixBits(this.#own, id), this.#buckets.length - 1)
  }

  #bucketFor(id: Uint8Array): Bucket {
    return this.#buckets[this.#indexFor(id)] as Bucket
  }
}

function capacityAt(depth: number): number {
  return Math.max(FIRST_BUCKETS[depth] ?? 0, TABLE_K)
}
