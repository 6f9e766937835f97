import type { UdpAddress } from '../../src/krpc/compact.ts'
import { parseIp } from '../../src/krpc/ip.ts'
import { openFrame, parseFrameHeader, sealFrame } from '../../src/pipe/frame.ts'
import {
  encodeHello,
  type Hello,
  type HelloReply,
  helloKey,
  NO_COOKIE,
  parseHelloReply,
  parseWelcome,
  prologueOf,
  type Welcome,
} from '../../src/pipe/handshake.ts'
import { dhKeys, NoiseInitiator, type Split } from '../../src/pipe/noise.ts'
import { encodePart, type Part, parseParts } from '../../src/pipe/parts.ts'
import { PipeServer } from '../../src/pipe/server.ts'
import type { PipeServerOptions } from '../../src/pipe/server-options.ts'

/** 2026-01-01, Unix milliseconds. */
export const START_MS = Date.UTC(2026, 0, 1)
export const SERVER_KEYS = dhKeys(Buffer.alloc(32, 77))
const SECRET = Buffer.alloc(32, 78)

/** Numbers that a seed decides (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

export function seededBytes(seed: number): (bytes: number) => Uint8Array {
  const below = seeded(seed)
  return (bytes) => Buffer.from(Array.from({ length: bytes }, () => below(256)))
}

export function at(ip: string, port = 4000): UdpAddress {
  return { ip: parseIp(ip) as Uint8Array, port }
}

export function aServer(options: Partial<PipeServerOptions> = {}): PipeServer {
  const nothing = () => undefined
  return new PipeServer({
    keys: [SERVER_KEYS],
    secrets: [SECRET],
    random: seededBytes(1),
    onMessage: nothing,
    onTap: nothing,
    onUntap: nothing,
    onRoom: nothing,
    onClosed: nothing,
    onProved: nothing,
    ...options,
  })
}

/** A client made by hand, which says what a test wants it to say. */
export class HandMade {
  readonly from: UdpAddress
  readonly id: Uint8Array
  readonly #noise: NoiseInitiator
  readonly #first: Uint8Array
  #opened: { welcome: Welcome; keys: Split } | undefined
  #counter = 0

  constructor(from: UdpAddress, seed: number) {
    const random = seededBytes(seed)
    this.from = from
    this.id = random(8)
    this.#noise = new NoiseInitiator(dhKeys(random(32)), SERVER_KEYS.publicKey, prologueOf(this.id))
    this.#first = this.#noise.write(new Uint8Array(0)) as Uint8Array
  }

  hello(cookie: Uint8Array = NO_COOKIE, change: Partial<Hello> = {}): Uint8Array {
    return encodeHello({ id: this.id, cookie, noise: this.#first, ...change }, helloKey(SERVER_KEYS.publicKey))
  }

  /** Shakes hands; {@link frame} can be used then. */
  open(server: PipeServer, nowMs: number, cookie?: Uint8Array): Welcome {
    const [reply] = server.receive(this.hello(cookie), this.from, nowMs)
    return this.welcomed(reply?.bytes ?? new Uint8Array(0))
  }

  welcomed(bytes: Uint8Array): Welcome {
    const reply = parseHelloReply(bytes)
    if (!reply.ok || reply.value.kind !== 'welcome') throw new Error('no welcome')
    const welcome = parseWelcome(this.#noise.read(reply.value.noise) ?? new Uint8Array(0))
    if (!welcome.ok) throw new Error('a forged welcome')
    this.#opened = { welcome: welcome.value, keys: this.#noise.split() }
    return welcome.value
  }

  get keys(): Split {
    if (!this.#opened) throw new Error('not open')
    return this.#opened.keys
  }

  frame(...parts: Exclude<Part, { type: 'unknown' }>[]): Uint8Array {
    return this.sealed(Buffer.concat(parts.map(encodePart)))
  }

  /** Any bytes, in a frame that the server will open. */
  sealed(parts: Uint8Array): Uint8Array {
    if (!this.#opened) throw new Error('not open')
    const { welcome, keys } = this.#opened
    return sealFrame(keys.fromInitiator, { id: welcome.id, counter: this.#counter++ }, parts)
  }
}

export function cookieOf(bytes: Uint8Array): Uint8Array | undefined {
  const reply = parseHelloReply(bytes)
  const value: HelloReply | undefined = reply.ok ? reply.value : undefined
  return value?.kind === 'cookie' ? value.cookie : undefined
}

/** What the server says in these datagrams to this client. */
export function said(client: HandMade, datagrams: readonly { bytes: Uint8Array }[]): Part[] {
  return datagrams.flatMap(({ bytes }) => {
    const header = parseFrameHeader(bytes)
    const plain = header.ok && openFrame(client.keys.fromResponder, header.value.counter, bytes)
    const parts = plain ? parseParts(plain) : undefined
    return parts?.ok ? parts.value : []
  })
}
