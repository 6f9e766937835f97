import { equalBytes } from '../bytes/bytes.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import { type Frame, parseFrame } from '../krpc/frame.ts'
import { type Query, queryOf, quickQuery } from '../krpc/query.ts'
import type { Machine, Outgoing } from '../machine.ts'
import { familyOf } from './address-key.ts'
import { Agenda } from './agenda.ts'
import { Answering } from './answering.ts'
import { Asking } from './asking.ts'
import { Bootstrap } from './bootstrap.ts'
import { Checks } from './checks.ts'
import { ID_BYTES } from './id.ts'
import { Keeper } from './keeper.ts'
import { Maintenance, STEP_MS } from './maintenance.ts'
import { meet } from './meeting.ts'
import { type AnswerCounts, newAnswerCounts } from './node-counts.ts'
import { Operations } from './operations.ts'
import type { NodeOptions } from './options.ts'
import { type AddressProofs, Proofs } from './proofs.ts'
import { AMPLIFICATION_MAX, PING_BYTES } from './reply-budget.ts'
import { Responder, type Tables } from './responder.ts'
import { RoutingTable } from './routing-table.ts'
import { encodeSavedTable } from './saved-table.ts'
import { Storage, SWEEP_MS } from './storage.ts'
import type { Wire } from './wire.ts'

/**
 * A node of the Mainline DHT: Kademlia (Maymounkov and Mazières 2002) as BEP 5, 20, 32, 42, 43, 44 and 51 have it, without
 * I/O. The paper's four RPCs (§2.3) are `ping`, `find_node`, `get_peers` or `get` for FIND_VALUE, and `announce_peer` or `put`
 * for STORE. What it is asked to do is in {@link Operations}; these and all other calls return the datagrams to be sent, except
 * when made from within a callback: then they go out with what the outer call returns.
 */
export class KademliaNode implements Machine {
  readonly id: Uint8Array
  readonly proofs: AddressProofs
  readonly storage: Storage
  /** Lookups, reading and writing. */
  readonly operations: Operations
  readonly #agenda = new Agenda()
  readonly #tables: Tables
  readonly #asking: Asking
  readonly #answering: Answering
  readonly #checks: Checks
  readonly #wire: Wire
  readonly #bootstrap: Bootstrap
  readonly #maintenance: Maintenance
  readonly #answered: AnswerCounts = newAnswerCounts()
  readonly #originates: boolean
  readonly #readOnly: boolean
  readonly #provingPing: NodeOptions['provingPing']
  #outgoing: Outgoing[] = []
  #depth = 0

  constructor(options: NodeOptions) {
    const { id, tokens, random, nowMs, families = [4], perPrefixMax } = options
    if (id.length !== ID_BYTES) throw new RangeError(`a node id has ${ID_BYTES} bytes, this one ${id.length}`)
    this.id = Uint8Array.from(id)
    this.proofs = options.proofs ?? new Proofs()
    this.storage = new Storage(options.onStored)
    this.#originates = options.responderOnly !== true
    this.#readOnly = options.readOnly === true
    this.#provingPing = options.provingPing
    const tableOptions = perPrefixMax === undefined ? {} : { prefixContactsMax: perPrefixMax }
    // Who never originates has nobody to know: a table that nobody keeps true would only mislead.
    const tableOf = (family: 4 | 6) =>
      this.#originates && families.includes(family) ? new RoutingTable(this.id, nowMs, tableOptions) : undefined
    this.#tables = { 4: tableOf(4), 6: tableOf(6) }
    const table = (family: 4 | 6) => this.#tables[family]
    const send = (outgoing: Outgoing) => void this.#outgoing.push(outgoing)
    const [agenda, proofs, storage] = [this.#agenda, this.proofs, this.storage]
    this.#asking = new Asking({ id: this.id, agenda, proofs, random, readOnly: this.#readOnly, table, send })
    const wire: Wire = {
      ask: (to, method, args, outcome, atMs) => this.#asking.ask(to, method, args, outcome, atMs),
      heardOf: (node, atMs) => {
        if (this.#originates && this.#checks.useful(node, atMs)) this.#checks.ping(node.address, atMs)
      },
      table,
      agenda,
      random,
    }
    this.#wire = wire
    this.#checks = new Checks(wire)
    const neighbours = options.neighbours ?? (() => [])
    const itemOf = options.itemOf ?? (() => undefined)
    this.#answering = new Answering({
      responder: new Responder({ id: this.id, tables: this.#tables, storage, tokens, itemOf, neighbours }),
      keeper: new Keeper(storage, tokens),
      tokens,
      proofs,
      counts: this.#answered,
      onForeign: options.onForeign,
    })
    const parts = { wire, families, storage, itemOf, perPrefixMax }
    this.operations = new Operations(parts, (act) => this.#within(act))
    const search = this.operations.searchIn
    this.#bootstrap = new Bootstrap({ own: this.id, wire, families, search })
    this.#maintenance = new Maintenance(wire, this.id, (target, family, atMs) =>
      search(target, family, () => undefined, atMs),
    )
    // Nodes that were started together would otherwise do everything together.
    const phase = (random(1)[0] as number) / 255
    if (this.#originates) this.#every(STEP_MS, phase, nowMs, (atMs) => this.#maintain(atMs))
    this.#every(SWEEP_MS, phase, nowMs, (atMs) => this.storage.sweep(atMs))
  }

  get deadline(): number | undefined {
    return this.#agenda.nextMs
  }

  /** Contacts in the tables. */
  get size(): number {
    return (this.#tables[4]?.size ?? 0) + (this.#tables[6]?.size ?? 0)
  }

  /** Our address as enough other networks see it, for information. */
  get externalAddress(): UdpAddress | undefined {
    return this.#asking.externalAddress
  }

  /** Everything that is counted, as it stands now. */
  get counts() {
    const { proofs, storage } = this
    const { peers, items } = storage
    return {
      answering: structuredClone(this.#answered),
      asking: { ...this.#asking.counts, open: this.#asking.open },
      storage: { ...storage.counts, items: items.size, peers: peers.size, hashes: peers.hashes },
      contacts: { v4: this.#tables[4]?.size ?? 0, v6: this.#tables[6]?.size ?? 0 },
      proved: proofs.size,
      published: this.operations.published,
    }
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    const query = quickQuery(bytes)
    if (query) return this.answer(query, bytes.length * AMPLIFICATION_MAX, from, nowMs)
    const frame = parseFrame(bytes)
    if (!frame.ok) {
      const { faults } = this.#answered
      faults[frame.fault] = (faults[frame.fault] ?? 0) + 1
      return NOTHING
    }
    const { value } = frame
    if (value.kind === 'query') return this.answer(queryOf(value), bytes.length * AMPLIFICATION_MAX, from, nowMs)
    return this.settle(value, from, nowMs)
  }

  /** For those who have parsed an answer already. */
  settle(answer: Exclude<Frame, { kind: 'query' }>, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    return this.#within(() => this.#asking.settle(answer, from, nowMs))
  }

  /** Whether we have asked something under this transaction id and wait for the answer. */
  awaits(t: Uint8Array): boolean {
    return this.#asking.awaits(t)
  }

  /**
   * For those who have parsed a query already.
   * @param unprovedBudget what may be sent if the address is not proved, bytes in all: at most three times the query
   */
  answer(query: Query, unprovedBudget: number, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    // Read-only (BEP 43), but for pongs to those who answered us: they ask whether our address is ours.
    if (this.#readOnly && !(query.method === 'ping' && this.proofs.isProved(from, nowMs))) {
      this.#answered.ignored++
      return NOTHING
    }
    this.#depth++
    const newcomer = this.#originates && !query.readOnly && this.#isNewcomer(query, from, nowMs)
    const reserve = newcomer ? PING_BYTES : 0
    const answer = this.#answering.answer(query, unprovedBudget, reserve, from, nowMs)
    for (const bytes of answer.datagrams) this.#outgoing.push({ to: from, bytes })
    // A pong proves the address: then we can say all. Also to replicas that never originate: it has just sent to this socket.
    if (answer.room >= PING_BYTES) {
      if (newcomer) this.#checks.ping(from, nowMs)
      else if (answer.short && !answer.proved) this.#pingToProve(from, nowMs)
    }
    return this.#leave()
  }

  tick(nowMs: number): readonly Outgoing[] {
    return this.#within(() => this.#agenda.runDue(nowMs))
  }

  /**
   * Joins the network through nodes that are known from elsewhere; goes on trying while none answers.
   * @param onJoined called once, with the number of contacts found
   */
  bootstrap(
    addresses: readonly UdpAddress[],
    nowMs: number,
    onJoined?: (contacts: number, nowMs: number) => void,
  ): readonly Outgoing[] {
    return this.#within(() => this.#bootstrap.begin(addresses, onJoined, nowMs))
  }

  /**
   * Asks nodes that are known from elsewhere whether they are there, without joining: enough for one who only looks something up.
   * @param onMet called once, with how many answered
   */
  meet(
    addresses: readonly UdpAddress[],
    nowMs: number,
    onMet: (answered: number, nowMs: number) => void,
  ): readonly Outgoing[] {
    return this.#within(() => meet(this.#wire, addresses, onMet, nowMs))
  }

  /** The contacts as bytes, for the next run: {@link parseSavedTable} reads them, `bootstrap` takes their addresses. */
  save(): Uint8Array {
    const contacts = ([4, 6] as const).flatMap((family) => this.#tables[family]?.contacts() ?? [])
    return encodeSavedTable({ id: this.id, contacts: contacts.sort((a, b) => b.repliedMs - a.repliedMs) })
  }

  #pingToProve(to: UdpAddress, nowMs: number): void {
    if (this.#provingPing) this.#outgoing.push({ to, bytes: this.#provingPing(to.ip, nowMs) })
    else this.#asking.ask(to, 'ping', {}, { replied: () => undefined }, nowMs)
  }

  #isNewcomer(query: Query, from: UdpAddress, nowMs: number): boolean {
    const table = this.#tables[familyOf(from)]
    const known = table?.get(from)
    if (!known) return this.#checks.useful({ id: query.id, address: from }, nowMs)
    if (equalBytes(known.id, query.id)) known.queriedUsMs = nowMs
    return false
  }

  #maintain(nowMs: number): void {
    if (this.size === 0) this.#bootstrap.again(nowMs)
    else this.#maintenance.step(nowMs)
  }

  #every(periodMs: number, phase: number, nowMs: number, run: (nowMs: number) => void): void {
    this.#agenda.at(nowMs + Math.ceil((periodMs * (phase + 1)) / 2), (atMs) => {
      this.#every(periodMs, 1, atMs, run)
      run(atMs)
    })
  }

  #within(act: () => void): readonly Outgoing[] {
    this.#depth++
    try {
      act()
    } catch (error) {
      this.#depth--
      throw error
    }
    return this.#leave()
  }

  #leave(): readonly Outgoing[] {
    if (--this.#depth > 0 || this.#outgoing.length === 0) return NOTHING
    const outgoing = this.#outgoing
    this.#outgoing = []
    return outgoing
  }
}

const NOTHING: readonly Outgoing[] = []
