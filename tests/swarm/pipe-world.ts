import { hash } from 'node:crypto'
import {
  dhKeys,
  type Outgoing,
  type PipeAnswer,
  PipeClient,
  type PipeRouter,
  type PipeSendKey,
  PipeServer,
  type Row,
  type ServerPipe,
  type Tap,
  type TapWish,
  type UdpAddress,
} from '@p2pmsg/protocol'
import type { Nat } from './simulator/nat.ts'
import { type Host, Network } from './simulator/network.ts'
import type { Random } from './simulator/random.ts'
import { Timeline } from './simulator/timeline.ts'

/** 2026-01-01, Unix milliseconds. */
const START_MS = Date.UTC(2026, 0, 1)
/** How long the log takes with a message, milliseconds. */
const VERDICT_MS = 8
/** What receipts of one block share, and what each has of its own (receipt.ts), bytes. */
const SHARED_BYTES = 230
const POSITION_STEP = 256n

/** What stands behind the routers: takes each message once and in order, and forgets nothing. */
class Log {
  readonly rows: Row[] = []
  readonly #ids = new Set<string>()

  append(message: Uint8Array): Uint8Array {
    const id = hash('sha256', message, 'buffer')
    if (!this.#ids.has(id.toString('hex'))) {
      this.#ids.add(id.toString('hex'))
      const position = BigInt(this.rows.length + 1) * POSITION_STEP
      this.rows.push({ position, id, receivedMs: START_MS, storedMs: START_MS, dialect: 'pipe', message })
    }
    return id
  }
}

export type RouterHost = Host<PipeServer>
type Follower = { pipe: ServerPipe; tap: Tap; next: number }

/** Routers with one log behind them, and clients of theirs, in virtual time: the very machines that run over sockets. */
export class PipeWorld {
  readonly network: Network
  readonly random: Random
  readonly log = new Log()
  readonly keys
  readonly #secrets: readonly Uint8Array[]
  readonly #followers = new Map<RouterHost, Set<Follower>>()

  constructor(random: Random) {
    this.random = random
    this.network = new Network(new Timeline(START_MS), random)
    this.keys = dhKeys(random.bytes(32))
    this.#secrets = [random.bytes(32)]
  }

  get nowMs(): number {
    return this.network.timeline.nowMs
  }

  run(forMs: number, until?: () => boolean): boolean {
    return this.network.timeline.run(forMs, until)
  }

  /** A router that appends what comes and tells its taps; it knows nothing but the cluster's keys when it starts. */
  router(address: UdpAddress, options: { halfOpenMax?: number } = {}): RouterHost {
    const followers = new Set<Follower>()
    const find = (pipe: ServerPipe, tap: number) =>
      [...followers].find((each) => each.pipe === pipe && each.tap.tap === tap)
    const machine = new PipeServer({
      keys: [this.keys],
      secrets: this.#secrets,
      random: this.random.bytes,
      onMessage: (pipe, send, message) => {
        const bytes = Uint8Array.from(message)
        this.network.timeline.at(this.nowMs + VERDICT_MS, () => {
          if (!host.up) return // a router that was killed has told nobody
          const receipt = Buffer.concat([Buffer.alloc(SHARED_BYTES), this.log.append(bytes), Buffer.alloc(3)])
          pipe.answer(send, { stage: 'accepted', receipt }, this.nowMs)
          this.announce()
        })
      },
      onTap: (pipe, tap) => {
        const follower = { pipe, tap, next: 0 }
        followers.add(follower)
        this.#feed(follower)
      },
      onUntap: (pipe, tap) => void followers.delete(find(pipe, tap) as Follower),
      onRoom: (pipe, tap) => {
        const follower = find(pipe, tap)
        if (follower) this.#feed(follower)
      },
      onClosed: (pipe) => {
        for (const follower of followers) if (follower.pipe === pipe) followers.delete(follower)
      },
      onProved: () => undefined,
      ...options,
    })
    const host = this.network.add(machine, address)
    this.#followers.set(host, followers)
    return host
  }

  kill(host: RouterHost): void {
    host.stop()
    this.#followers.delete(host)
  }

  client(address: UdpAddress, routers: readonly RouterHost[], nat?: { device: Nat; ip: Uint8Array }): TestClient {
    return new TestClient(
      this,
      address,
      routers.map(({ address }) => ({ address, key: this.keys.publicKey })),
      nat,
    )
  }

  /** The store says what it has: after each message, and now and then. */
  announce(): void {
    for (const [host, followers] of this.#followers) {
      for (const follower of followers) this.#feed(follower)
      host.do((machine, nowMs) => machine.flush(nowMs))
    }
  }

  #feed(follower: Follower): void {
    const { pipe, tap } = follower
    for (let row = this.log.rows[follower.next]; row; row = this.log.rows[++follower.next]) {
      if (row.position <= tap.after) continue
      if (pipe.room(tap.tap, row.position, this.nowMs) === 0) return
      pipe.deliver(tap.tap, row)
    }
  }
}

/** A client that notes what it is told. */
export class TestClient {
  readonly host: Host<PipeClient>
  readonly answers = new Map<PipeSendKey, PipeAnswer[]>()
  readonly rows: Row[] = []
  /** Keeps rows as soon as they come. */
  keeps = true

  constructor(
    world: PipeWorld,
    address: UdpAddress,
    routers: readonly PipeRouter[],
    nat?: { device: Nat; ip: Uint8Array },
  ) {
    const machine = new PipeClient({
      routers,
      random: world.random.bytes,
      onAnswer: (key, answer) => this.answers.get(key)?.push(answer),
      onRow: (tap, row) => {
        this.rows.push(row)
        if (this.keeps) machine.delivered(tap, row.position)
      },
      onTapEnd: () => undefined,
    })
    this.host = world.network.add(machine, address, nat)
  }

  do<T>(act: (machine: PipeClient) => T): T {
    let result: { value: T } | undefined
    this.host.do((machine, nowMs): readonly Outgoing[] => {
      result = { value: act(machine) }
      return machine.flush(nowMs)
    })
    return (result as { value: T }).value
  }

  send(messages: readonly Uint8Array[]): void {
    this.do((machine) => {
      for (const message of messages) this.answers.set(machine.send(message) as PipeSendKey, [])
    })
  }

  tap(wish: Partial<TapWish> = {}): number {
    return this.do((machine) =>
      machine.tap({ receiver: Buffer.alloc(32, 1), after: 0n, author: undefined, topic: undefined, ...wish }),
    )
  }

  /** Messages with a receipt. */
  get receipted(): number {
    let count = 0
    for (const answers of this.answers.values()) if (answers.some(({ stage }) => stage === 'accepted')) count++
    return count
  }
}

/** Messages that differ. */
export function someMessages(count: number, random: Random, bytes = 200): Uint8Array[] {
  return Array.from({ length: count }, () => random.bytes(bytes))
}
