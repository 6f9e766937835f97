import { equalBytes } from '@p2pmsg/protocol'
import { byteKey } from './byte-key.ts'
import { Generations } from './generations.ts'
import { TokenBucket } from './token-bucket.ts'

/** Addresses that we remember something about, in each of two generations. */
const PEERS_MAX = 32_768
/** An address is proved for this long after its last proof, milliseconds (DESIGN §4). */
const PROVED_MS = 10 * 60 * 1000
/** A token that was checked is not computed again for this long, milliseconds. It may thus outlive its epoch by as much. */
const TOKEN_CHECKED_MS = 10_000
/** A peer over its rate is told so at most this often, milliseconds; the rest of its datagrams is silence. */
const SCOLD_MS = 10

type CheckedToken = Readonly<{ token: Uint8Array; target: Uint8Array; untilMs: number }>

/** One address, of whatever port: what it proved and how much it sends. */
export class Peer {
  readonly #bucket: TokenBucket
  #provedUntilMs = 0
  #checked: CheckedToken | undefined
  #scoldedMs = 0

  constructor(bucket: TokenBucket) {
    this.#bucket = bucket
  }

  isProved(nowMs: number): boolean {
    return nowMs < this.#provedUntilMs
  }

  prove(nowMs: number): void {
    this.#provedUntilMs = nowMs + PROVED_MS
  }

  /** Remembers a token whose MAC was right: a sender shows the same one with each message. */
  showed(token: Uint8Array, target: Uint8Array, nowMs: number): void {
    // Copies: the originals are views into a datagram that must not live as long as this.
    this.#checked = { token: token.slice(), target: target.slice(), untilMs: nowMs + TOKEN_CHECKED_MS }
  }

  hasShown(token: Uint8Array, target: Uint8Array, nowMs: number): boolean {
    const checked = this.#checked
    return (
      checked !== undefined &&
      nowMs < checked.untilMs &&
      equalBytes(checked.token, token) &&
      equalBytes(checked.target, target)
    )
  }

  take(nowMs: number): boolean {
    return this.#bucket.take(nowMs)
  }

  /** When to come back, milliseconds from now. */
  waitMs(nowMs: number): number {
    return Math.max(1, Math.ceil(this.#bucket.waitMs(nowMs)))
  }

  /** @returns when to come back, milliseconds from now; undefined when it was told a moment ago */
  scold(nowMs: number): number | undefined {
    if (nowMs - this.#scoldedMs < SCOLD_MS) return undefined
    this.#scoldedMs = nowMs
    return this.waitMs(nowMs)
  }
}

/** The addresses that have proved themselves, or sent over HTTP, each with a bucket of its own. */
export class Peers {
  readonly #perSecond: number
  readonly #peers = new Generations<Peer>(PEERS_MAX)

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  get size(): number {
    return this.#peers.size
  }

  find(ip: Uint8Array): Peer | undefined {
    return this.#peers.get(byteKey(ip))
  }

  at(ip: Uint8Array, nowMs: number): Peer {
    const key = byteKey(ip)
    const known = this.#peers.get(key)
    if (known) return known
    const peer = new Peer(new TokenBucket({ perSecond: this.#perSecond, burst: this.#perSecond }, nowMs))
    this.#peers.set(key, peer)
    return peer
  }
}
