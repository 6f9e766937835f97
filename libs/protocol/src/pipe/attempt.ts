import type { Outgoing } from '../machine.ts'
import type { PipeRouter } from './client-options.ts'
import {
  encodeHello,
  type HelloReply,
  helloKey,
  NO_COOKIE,
  parseWelcome,
  prologueOf,
  type Welcome,
} from './handshake.ts'
import { dhKeys, NoiseInitiator, type Split } from './noise.ts'
import { PIPE_ID_BYTES } from './sizes.ts'

/** RFC 9002 §6.2.2 for a path that nobody has measured: the first wait, milliseconds; it doubles each time. */
const WAIT_MS = 1000
/** Hellos to one router before another is tried. */
const HELLOS_MAX = 3
/** Cookies taken in one attempt; a router that goes on asking is not honest. */
const COOKIES_MAX = 3

/** One handshake with one router. */
export class Attempt {
  readonly router: PipeRouter
  readonly id: Uint8Array
  readonly #noise: NoiseInitiator
  readonly #first: Uint8Array | undefined
  readonly #key: Uint8Array
  #cookie = NO_COOKIE
  #cookies = 0
  #sent = 0
  #sentMs = 0
  dueMs: number

  constructor(router: PipeRouter, random: (bytes: number) => Uint8Array, nowMs: number) {
    this.router = router
    this.id = random(PIPE_ID_BYTES)
    this.#noise = new NoiseInitiator(dhKeys(random(32)), router.key, prologueOf(this.id))
    this.#first = this.#noise.write(new Uint8Array(0))
    this.#key = helloKey(router.key)
    this.dueMs = nowMs
  }

  /** @returns the hello, or undefined when this router has had enough of them */
  hello(nowMs: number): Outgoing | undefined {
    if (!this.#first || this.#sent >= HELLOS_MAX) return undefined
    this.dueMs = nowMs + WAIT_MS * 2 ** this.#sent++
    this.#sentMs = nowMs
    return this.#hello(this.#first)
  }

  /** A cookie came: the same hello once more, with it. @returns undefined when there were too many */
  withCookie(cookie: Uint8Array): Outgoing | undefined {
    if (!this.#first || this.#cookies++ >= COOKIES_MAX) return undefined
    this.#cookie = Uint8Array.from(cookie)
    return this.#hello(this.#first)
  }

  /** @returns what both sides have now, and the round trip if it is known; undefined unless the router wrote this */
  open(
    reply: HelloReply & { kind: 'welcome' },
    nowMs: number,
  ): { welcome: Welcome; keys: Split; roundTripMs: number | undefined } | undefined {
    const payload = this.#noise.read(reply.noise)
    const welcome = payload && parseWelcome(payload)
    if (!welcome?.ok) return undefined
    // Karn's rule: after a repeat or a cookie nobody knows what the answer answers.
    const roundTripMs = this.#sent === 1 && this.#cookies === 0 ? nowMs - this.#sentMs : undefined
    return { welcome: welcome.value, keys: this.#noise.split(), roundTripMs }
  }

  #hello(noise: Uint8Array): Outgoing {
    return { to: this.router.address, bytes: encodeHello({ id: this.id, cookie: this.#cookie, noise }, this.#key) }
  }
}
