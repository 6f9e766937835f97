import { parseIp, toHex } from '@p2pmsg/protocol'
import { clientsForgotten } from '../events.ts'

/** Clients that are remembered; the one that asked longest ago is forgotten first, and begins with a full bucket again. */
const CLIENTS_MAX = 50_000
/** A bucket holds what comes in this time, seconds. */
export const BURST_SECONDS = 4
/** Live readers of one client: a house, an office behind one address. */
export const LIVE_PER_CLIENT_MAX = 64
/** One customer of an IPv6 provider has at least this much of it (RFC 6177), bits. */
const IPV6_PREFIX_BYTES = 56 / 8
const MAPPED_PREFIX = '00000000000000000000ffff'

export type ClientLimitsOptions = Readonly<{
  /** Requests of one client, per second. */
  perSecond: number
  /** Unix milliseconds. */
  now: () => number
}>

type Client = { tokens: number; filledMs: number }

/** How much one client may ask for: a token bucket each, and so many live feeds at a time. */
export class ClientLimits {
  readonly #options: ClientLimitsOptions
  readonly #clients = new Map<string, Client>() // at most CLIENTS_MAX
  readonly #live = new Map<string, number>() // one for each client that follows a feed, so bounded as those are

  constructor(options: ClientLimitsOptions) {
    this.#options = options
  }

  /**
   * @param cost in requests; what the bucket does not have is owed, so that however small it is, everything can be asked for
   * @returns 0, or after how many whole seconds one request will be taken again
   */
  take(ip: string, cost = 1): number {
    const { perSecond, now } = this.#options
    const key = clientOf(ip)
    const nowMs = now()
    const most = perSecond * BURST_SECONDS
    const client = this.#clients.get(key) ?? { tokens: most, filledMs: nowMs }
    const gained = (Math.max(0, nowMs - client.filledMs) * perSecond) / 1000
    const tokens = Math.min(most, client.tokens + gained)
    client.tokens = tokens < 1 ? tokens : tokens - cost
    client.filledMs = nowMs
    this.#clients.delete(key)
    this.#clients.set(key, client)
    this.#forgetOldest()
    return tokens < 1 ? Math.max(1, Math.ceil((1 - tokens) / perSecond)) : 0
  }

  #forgetOldest(): void {
    if (this.#clients.size <= CLIENTS_MAX) return
    const [oldest] = this.#clients.keys()
    if (oldest !== undefined) this.#clients.delete(oldest)
    clientsForgotten()
  }

  /** @returns what to call when the reader goes away; undefined = this client has as many as it may */
  beginLive(ip: string): (() => void) | undefined {
    const key = clientOf(ip)
    const live = this.#live.get(key) ?? 0
    if (live >= LIVE_PER_CLIENT_MAX) return undefined
    this.#live.set(key, live + 1)
    let ended = false
    return () => {
      if (ended) return
      ended = true
      const left = (this.#live.get(key) ?? 1) - 1
      if (left > 0) this.#live.set(key, left)
      else this.#live.delete(key)
    }
  }
}

/** Addresses whose client is remembered; beyond, all are forgotten and told anew. */
const ADDRESSES_MAX = 10_000
const known = new Map<string, string>() // bounded by ADDRESSES_MAX

/** Who asks: an IPv4 address, or the /56 of an IPv6 one. What is no address is one client altogether. */
export function clientOf(ip: string): string {
  const before = known.get(ip)
  if (before !== undefined) return before
  if (known.size >= ADDRESSES_MAX) known.clear()
  const client = readClient(ip)
  known.set(ip, client)
  return client
}

function readClient(ip: string): string {
  const bytes = parseIp(ip)
  if (!bytes) return ''
  const hex = toHex(bytes)
  return hex.startsWith(MAPPED_PREFIX) ? hex : hex.slice(0, 2 * IPV6_PREFIX_BYTES)
}
