import { setTimeout as sleep } from 'node:timers/promises'
import type { Endpoint, Item, ReceiverRecord, UdpAddress } from '@p2pmsg/protocol'
import { resendMs } from './backoff.ts'
import { NoRecord, Unreachable } from './failures.ts'
import { fetchRecord, type RouterAnswer } from './fetch-record.ts'
import { firstAnswer } from './first-answer.ts'
import type { KrpcSocket } from './krpc/krpc-socket.ts'
import { addressesOf, formatUdp } from './names.ts'

/** A router that we may send to: it gave us a token. */
export type Router = Readonly<{ address: UdpAddress; token: Uint8Array }>

/** Addresses that are tried in one round. */
const CANDIDATES_MAX = 16
/** A token is good for at least 5 minutes; an older one than this is renewed while it still works, milliseconds. */
const TOKEN_RENEW_MS = 4 * 60_000
/** A token refused before this age was never good: the router is not hurried for another, milliseconds. */
const TOKEN_YOUNG_MS = 60_000
/** Transmissions in a row that a router may leave unanswered before another is asked. */
const MISSES_MAX = 3

export type RoutersOptions = Readonly<{
  socket: KrpcSocket
  receiver: Uint8Array
  /**
   * Where to begin; the record names more. Asked in each round of the search, which counts from 0, since who was found in the DHT
   * may have moved. @throws {Unreachable}, {NoRecord}
   */
  endpoints: (round: number, signal: AbortSignal) => Promise<readonly Endpoint[]>
  /** There is a router, or a newer record. */
  onReady: () => void
  /** No router answers. */
  onTrouble: () => void
}>

/** Finds a receiver's routers and keeps a token for one that answers; changes to another when it falls silent. */
export class Routers implements AsyncDisposable {
  readonly #options: RoutersOptions
  readonly #closing = new AbortController()
  readonly #silent = new Set<string>() // BOUNDED by CANDIDATES_MAX: cleared when it holds all
  #current: Router | undefined
  #tokenMs = 0
  #misses = 0
  #answeredMs = 0
  #early = 0
  #acquiring: Promise<void> | undefined
  #renewing: Promise<void> | undefined
  #known: Readonly<{ record: ReceiverRecord; item: Item }> | undefined
  #heard = false
  #trouble: string | undefined

  constructor(options: RoutersOptions) {
    this.#options = options
  }

  /** The router to send to now. Undefined while one is being looked for, which `onReady` ends. */
  get current(): Router | undefined {
    const router = this.#current
    if (!router) this.#acquire()
    else if (Date.now() - this.#tokenMs > TOKEN_RENEW_MS) this.#renewing ??= this.#renew(router)
    return router
  }

  /** The receiver's record, once a router gave one that its key signed and that is still good. */
  get record(): ReceiverRecord | undefined {
    return this.#known?.record
  }

  /** Whether any router ever answered. */
  get heard(): boolean {
    return this.#heard
  }

  /** Why there is no router; undefined when there is one. */
  get trouble(): string | undefined {
    return this.#current ? undefined : this.#trouble
  }

  /** Resolves when there is a router, or this is disposed. */
  async ready(): Promise<void> {
    if (!this.current) await this.#acquiring
  }

  /** @param nowMs the machine's time, as in {@link missed} */
  answered(router: Router, nowMs: number): void {
    if (router !== this.#current) return
    this.#misses = 0
    this.#answeredMs = nowMs
  }

  /**
   * The router left a message unanswered, or answered nonsense. One that answered another since then only lost a datagram.
   * @param sentMs when the message went out
   */
  missed(router: Router, sentMs: number): void {
    if (router !== this.#current || this.#answeredMs >= sentMs || ++this.#misses < MISSES_MAX) return
    this.#fellSilent(router)
  }

  /** The router did not take our token. */
  expired(router: Router): void {
    if (router !== this.#current) return
    this.#early = Date.now() - this.#tokenMs < TOKEN_YOUNG_MS ? this.#early + 1 : 0
    this.#current = undefined
    this.#acquire()
  }

  /** Asks for the record again: what it says seems to be old. */
  refresh(): void {
    const router = this.#current
    if (this.#closing.signal.aborted) return
    if (router) this.#renewing ??= this.#renew(router)
    else this.#acquire()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#acquiring, this.#renewing])
  }

  #acquire(): void {
    if (this.#closing.signal.aborted) return
    this.#acquiring ??= this.#search()
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) throw error
      })
      .finally(() => {
        this.#acquiring = undefined
      })
  }

  async #search(): Promise<void> {
    const { socket, receiver, onReady } = this.#options
    const signal = this.#closing.signal
    // Once may be a restart with other secrets; a router that goes on giving bad tokens is not asked in a tight circle.
    if (this.#early > 1) await sleep(resendMs(this.#early - 2), undefined, { signal })
    for (let round = 0; ; round++) {
      const candidates = await this.#candidates(round)
      const ask = async (to: UdpAddress, scope: AbortSignal) =>
        withToken(await fetchRecord(socket, to, receiver, scope))
      const answer = await firstAnswer(candidates, ask, signal)
      if (answer) {
        this.#take(answer)
        return onReady()
      }
      this.#trouble ??= 'no router is known'
      if (candidates.length > 0) this.#trouble = `no router answers at ${candidates.map(formatUdp).join(', ')}`
      this.#options.onTrouble()
      await sleep(resendMs(round), undefined, { signal })
    }
  }

  #fellSilent(router: Router): void {
    this.#silent.add(formatUdp(router.address))
    this.#current = undefined
    this.#acquire()
  }

  #take(answer: RouterAnswer & { token: Uint8Array }): void {
    this.#current = { address: answer.from, token: answer.token }
    this.#trouble = undefined
    this.#tokenMs = Date.now()
    this.#misses = 0
    this.#heard = true
    const { record, item } = answer
    if (!record || !item || record.expires * 1000 < Date.now()) return
    if (!this.#known || item.seq >= this.#known.item.seq) this.#known = { record, item }
  }

  async #renew(router: Router): Promise<void> {
    const { socket, receiver } = this.#options
    try {
      const answer = withToken(await fetchRecord(socket, router.address, receiver, this.#closing.signal))
      if (router !== this.#current) return
      if (!answer) return this.#fellSilent(router)
      this.#take(answer)
      this.#options.onReady()
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error
    } finally {
      this.#renewing = undefined
    }
  }

  /** The address's own end point first, then those of the record; whoever fell silent last comes last. */
  async #candidates(round: number): Promise<UdpAddress[]> {
    const endpoints = [...(await this.#beginnings(round)), ...(this.record?.endpoints ?? [])]
    const found = await Promise.all(endpoints.map((endpoint) => this.#addressesOf(endpoint)))
    const unique = new Map(found.flat().map((address) => [formatUdp(address), address]))
    const all = [...unique].slice(0, CANDIDATES_MAX)
    if (all.every(([key]) => this.#silent.has(key))) this.#silent.clear()
    all.sort(([a], [b]) => Number(this.#silent.has(a)) - Number(this.#silent.has(b)))
    return all.map(([, address]) => address)
  }

  async #beginnings(round: number): Promise<readonly Endpoint[]> {
    const { endpoints } = this.#options
    return (await this.#orTrouble(endpoints(round, this.#closing.signal))) ?? []
  }

  async #addressesOf(endpoint: Endpoint): Promise<UdpAddress[]> {
    return (await this.#orTrouble(addressesOf(endpoint))) ?? []
  }

  /** Nobody there is no end: there may be another way, and a next round. */
  async #orTrouble<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof NoRecord)) throw error
      this.#trouble = error.message
      return undefined
    }
  }
}

function withToken(answer: RouterAnswer | undefined): (RouterAnswer & { token: Uint8Array }) | undefined {
  return answer?.token ? { ...answer, token: answer.token } : undefined
}
