// Somebody on the path of a pipe who hears everything, and sends it again, changed, and from elsewhere: that it changes nothing,
// and that nobody gets more out of a router than goes in.
import { type Row, toHex, type UdpAddress } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { PipeWorld, someMessages } from './pipe-world.ts'
import { addressText, publicAddress } from './simulator/address.ts'
import { uniform } from './simulator/link.ts'
import type { Network } from './simulator/network.ts'
import { say } from './simulator/report.ts'
import { LONG, SEED, seeded } from './simulator/seed.ts'

const MESSAGES = LONG ? 5000 : 300
const MINUTE_MS = 60_000
/** Datagrams of the conversation that the listener keeps. */
const HEARD_MAX = 500
/** RFC 9000 §8.1. */
const AMPLIFICATION_MAX = 3

/** What came from each address and what went there; and the most that went there for a byte that came. */
class Balance {
  readonly #addresses = new Map<string, { came: number; went: number }>()
  readonly #router: string
  readonly #honest: string
  worst = 0

  constructor(router: UdpAddress, honest: UdpAddress) {
    this.#router = addressText(router)
    this.#honest = addressText(honest)
  }

  note(event: 'sent' | 'delivered', from: UdpAddress, to: UdpAddress, bytes: number): void {
    const isAnswer = event === 'sent' && addressText(from) === this.#router
    if (!isAnswer && (event === 'sent' || addressText(to) !== this.#router)) return
    const other = addressText(isAnswer ? to : from)
    if (other === this.#honest) return
    const address = this.#addresses.get(other) ?? { came: 0, went: 0 }
    this.#addresses.set(other, address)
    if (!isAnswer) address.came += bytes
    else {
      address.went += bytes
      this.worst = Math.max(this.worst, address.went / address.came)
    }
  }

  get strangers(): number {
    return this.#addresses.size
  }
}

/** Keeps what passes, and whatever it sends itself leaves out. */
function listenTo(network: Network, onDatagram: (...args: Parameters<Network['watch']>) => void): Uint8Array[] {
  const heard: Uint8Array[] = [] // BOUNDED by HEARD_MAX
  network.watch = (event, from, to, bytes) => {
    onDatagram(event, from, to, bytes)
    if (event === 'sent') heard[network.counts.sent % HEARD_MAX] = bytes
  }
  return heard
}

function positions(rows: readonly Row[]): string[] {
  return rows.map(({ position, id }) => `${position} ${toHex(id)}`)
}

test('replayed, changed and redirected datagrams change nothing, and get no more than three times what came', () =>
  seeded((random) => {
    const world = new PipeWorld(random)
    world.network.link = { loss: 0.05, duplication: 0.1, reordering: 0.1, delayMs: uniform(10, 30) }
    const [there, here] = [publicAddress(0), publicAddress(1)]
    const balance = new Balance(there, here)
    const aStranger = () => publicAddress(2 + random.below(50))
    const heard = listenTo(world.network, (event, from, to, bytes) => {
      balance.note(event, from, to, bytes.length)
      // One copy in ten overtakes what it is a copy of: the pipe seems to have moved.
      if (event === 'sent' && from === here && random.below(10) === 0) world.network.inject(aStranger(), to, bytes)
    })
    const router = world.router(there)
    const client = world.client(here, [router])
    let isThere = true
    let injected = 0
    const mischief = () => {
      const bytes = Buffer.from(heard.length > 0 ? random.pick(heard.filter(Boolean)) : [])
      if (random.below(2) === 0 && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256)
      const from = random.below(3) === 0 ? publicAddress(1) : aStranger()
      if (random.below(3) === 0) world.network.inject(there, here, bytes)
      else world.network.inject(from, there, bytes)
      injected++
      if (isThere) world.network.timeline.at(world.nowMs + 1, mischief)
    }
    mischief()
    client.tap()
    const messages = someMessages(MESSAGES, random)
    for (let i = 0; i < MESSAGES; i += 50) {
      client.send(messages.slice(i, i + 50))
      world.run(500)
    }
    const isDone = () => client.host.machine.size === 0 && client.rows.length === MESSAGES
    expect(world.run(10 * MINUTE_MS, isDone)).toBe(true)
    isThere = false
    expect(client.receipted).toBe(MESSAGES)
    expect(world.log.rows.length).toBe(MESSAGES)
    expect(positions(client.rows)).toEqual(positions(world.log.rows))
    const { faults, closed } = router.machine.counts
    expect(faults.replayed).toBeGreaterThan(0)
    expect(faults.forged).toBeGreaterThan(0)
    expect(closed).toEqual({})
    expect(client.host.machine.counts.closed).toEqual({})
    expect(balance.strangers).toBeGreaterThan(10)
    expect(balance.worst).toBeGreaterThan(0)
    expect(balance.worst).toBeLessThanOrEqual(AMPLIFICATION_MAX)
    say(
      `${injected} datagrams of somebody on the path, seed ${SEED}: at most ${balance.worst.toFixed(2)} bytes went for one that came`,
    )
  }))
