import { equalBytes } from '../bytes/bytes.ts'
import type { PipeRouter } from './client-options.ts'

/** Wait after the second failure in a row, milliseconds; it doubles up to the second. */
const FIRST_MS = 500
const LONGEST_MS = 30_000
const SPREAD = 0.2
/** A pipe that ended so soon after it was opened has not worked, milliseconds. */
const WORKED_MS = 1000

/** Which router is next, and when. */
export class Reconnect {
  readonly #random: (bytes: number) => Uint8Array
  #routers: readonly PipeRouter[]
  #at = 0
  #failures = 0
  /** Not before then, Unix milliseconds. */
  atMs = 0

  constructor(routers: readonly PipeRouter[], random: (bytes: number) => Uint8Array) {
    if (routers.length === 0) throw new RangeError('a client needs a router')
    this.#routers = routers
    this.#random = random
  }

  get router(): PipeRouter {
    return this.#routers[this.#at % this.#routers.length] as PipeRouter
  }

  /** @returns whether they are others; else the one that is next stays so */
  setRouters(routers: readonly PipeRouter[]): boolean {
    if (routers.length === 0 || isSame(routers, this.#routers)) return false
    this.#routers = routers
    this.#at = 0
    return true
  }

  /** Nobody answered there. */
  failed(nowMs: number): void {
    this.#at++
    this.#wait(nowMs)
  }

  /** The router wants us to go, which is no failure of anybody's. */
  next(nowMs: number): void {
    this.#at++
    this.atMs = nowMs
  }

  /** @param livedMs how long the pipe was open */
  ended(reason: string, livedMs: number, nowMs: number): void {
    // After RESET somebody lives at that address who has no state of ours; and a spent pipe is no reason to move.
    if (reason !== 'reset' && reason !== 'spent') this.#at++
    if (livedMs >= WORKED_MS || reason === 'spent') {
      this.#failures = 0
      this.atMs = nowMs
    } else this.#wait(nowMs)
  }

  /** The first failure costs nothing, so that one dead router among several is passed at once. */
  #wait(nowMs: number): void {
    const wait = this.#failures === 0 ? 0 : Math.min(FIRST_MS * 2 ** Math.min(this.#failures - 1, 16), LONGEST_MS)
    this.#failures++
    this.atMs = nowMs + wait * (1 + SPREAD * ((this.#random(1)[0] as number) / 127.5 - 1))
  }
}

function isSame(some: readonly PipeRouter[], others: readonly PipeRouter[]): boolean {
  if (some.length !== others.length) return false
  return some.every(({ address, key }, i) => {
    const other = others[i] as PipeRouter
    return address.port === other.address.port && equalBytes(address.ip, other.address.ip) && equalBytes(key, other.key)
  })
}
