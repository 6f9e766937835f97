import { equalBytes } from '../bytes/bytes.ts'
import type { UdpAddress } from '../krpc/compact.ts'

/** RFC 9000 §8.1, §9.3: no more than so many times what came from an address goes to it, until it has proved itself. */
const AMPLIFICATION_MAX = 3
/** A challenge is put so many times before the address is given up. */
const CHALLENGES_MAX = 4

/** Where the other end is, or says it is. */
type Path = {
  readonly address: UdpAddress
  proved: boolean
  receivedBytes: number
  sentBytes: number
  /** What the other end must send back from there. */
  readonly challenge: Uint8Array
  challenges: number
  challengeMs: number
}

/**
 * Where a pipe's frames go: to where its newest frame came from, sparingly until a challenge has come back from there
 * (RFC 9000 §9). The last proved address is kept, in case that frame was somebody else's copy.
 */
export class Paths {
  #current: Path
  #proved: Path | undefined
  readonly #random: (bytes: number) => Uint8Array

  /** @param proved whether the address has shown that it receives what is sent there */
  constructor(address: UdpAddress, proved: boolean, random: (bytes: number) => Uint8Array) {
    this.#random = random
    this.#current = this.#path(address)
    this.#current.proved = proved
  }

  get address(): UdpAddress {
    return this.#current.address
  }

  get isProved(): boolean {
    return this.#current.proved
  }

  /** A frame that belongs to the pipe. @param newest of all so far @returns whether the pipe has moved, and how far */
  heard(from: UdpAddress, bytes: number, newest: boolean): 'stayed' | 'port' | 'address' {
    const current = this.#current
    if (isSame(from, current.address)) {
      current.receivedBytes += bytes
      return 'stayed'
    }
    if (!newest) return 'stayed'
    if (current.proved) this.#proved = current
    this.#current = this.#proved && isSame(from, this.#proved.address) ? this.#proved : this.#path(from)
    this.#current.receivedBytes += bytes
    return equalBytes(from.ip, current.address.ip) ? 'port' : 'address'
  }

  allows(bytes: number): boolean {
    const { proved, sentBytes, receivedBytes } = this.#current
    return proved || sentBytes + bytes <= AMPLIFICATION_MAX * receivedBytes
  }

  sent(bytes: number): void {
    this.#current.sentBytes += bytes
  }

  /** When a challenge is to be put next; undefined = the address is proved. */
  get challengeMs(): number | undefined {
    return this.#current.proved ? undefined : this.#current.challengeMs
  }

  /**
   * @param againMs when to put it again
   * @returns what the address must send back; or `back` when it has not, and the pipe is where it was before; or `lost`
   */
  challenge(againMs: number): Uint8Array | 'back' | 'lost' {
    const current = this.#current
    if (current.challenges++ < CHALLENGES_MAX) {
      current.challengeMs = againMs
      return current.challenge
    }
    if (!this.#proved) return 'lost'
    this.#current = this.#proved
    return 'back'
  }

  /** @returns whether this is the answer to our challenge, from where it was put */
  answered(data: Uint8Array, from: UdpAddress): boolean {
    const current = this.#current
    if (current.proved || !isSame(from, current.address) || !equalBytes(data, current.challenge)) return false
    current.proved = true
    return true
  }

  #path(address: UdpAddress): Path {
    const challenge = this.#random(8)
    return { address, proved: false, receivedBytes: 0, sentBytes: 0, challenge, challenges: 0, challengeMs: 0 }
  }
}

function isSame(a: UdpAddress, b: UdpAddress): boolean {
  return a.port === b.port && equalBytes(a.ip, b.ip)
}
