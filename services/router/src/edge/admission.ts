import type { AddressProofs, Tokens } from '@p2pmsg/protocol'
import { type Peer, Peers } from './peers.ts'
import { PrefixBuckets } from './prefix-buckets.ts'
import { ReplyCap } from './reply-cap.ts'

export type AdmissionOptions = Readonly<{
  /** From one proved address, datagrams/s. */
  provedPerSecond: number
  /** From one prefix of unproved ones, datagrams/s; five seconds' worth at once. */
  unprovedPerSecond: number
  /** 32 random bits. */
  seed: number
}>

/** Nobody may be made to send an unproved address more than this many times what came from it (RFC 9000 §8.1). */
const AMPLIFICATION_MAX = 3

/** Who may go on, and what may be sent back: DESIGN §4, in its order. Loopback is no exception. */
export class Admission {
  readonly #tokens: Tokens
  readonly #peers: Peers
  readonly #prefixes: PrefixBuckets
  readonly #cap: ReplyCap
  /** What the node asks and tells: an address here is one IP address, of whatever port. */
  readonly proofs: AddressProofs

  constructor(tokens: Tokens, options: AdmissionOptions, nowMs: number) {
    this.#tokens = tokens
    this.#peers = new Peers(options.provedPerSecond)
    this.#prefixes = new PrefixBuckets(options.unprovedPerSecond, options.seed)
    this.#cap = new ReplyCap(nowMs)
    const peers = this.#peers
    this.proofs = {
      prove: ({ ip }, atMs) => void this.prove(ip, atMs),
      isProved: ({ ip }, atMs) => this.proved(ip, atMs) !== undefined,
      get size() {
        return peers.size
      },
    }
  }

  /** @returns the peer behind an address that has proved itself within ten minutes */
  proved(ip: Uint8Array, nowMs: number): Peer | undefined {
    const peer = this.#peers.find(ip)
    return peer?.isProved(nowMs) ? peer : undefined
  }

  /** @returns the peer whom a valid token just proved */
  proveByToken(ip: Uint8Array, token: Uint8Array, target: Uint8Array, nowMs: number): Peer | undefined {
    const known = this.#peers.find(ip)
    if (known?.hasShown(token, target, nowMs)) {
      known.prove(nowMs)
      return known
    }
    if (!this.#tokens.check(token, ip, target, nowMs)) return undefined
    const peer = this.prove(ip, nowMs)
    peer.showed(token, target, nowMs)
    return peer
  }

  prove(ip: Uint8Array, nowMs: number): Peer {
    const peer = this.#peers.at(ip, nowMs)
    peer.prove(nowMs)
    return peer
  }

  /** Somebody whose address TCP vouches for: rated like the proved, without being proved for UDP. */
  overTcp(ip: Uint8Array, nowMs: number): Peer {
    return this.#peers.at(ip, nowMs)
  }

  takeUnproved(ip: Uint8Array, nowMs: number): boolean {
    return this.#prefixes.take(ip, nowMs)
  }

  /** Most bytes that a datagram of so many may bring back to an unproved address now. */
  allowance(requestBytes: number, nowMs: number): number {
    const most = AMPLIFICATION_MAX * requestBytes
    return this.#cap.holds(most, nowMs) ? most : requestBytes
  }

  takeReply(replyBytes: number, requestBytes: number, nowMs: number): boolean {
    return this.#cap.take(replyBytes, requestBytes, nowMs)
  }
}
