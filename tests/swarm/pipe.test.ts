// Clients and routers of the pipe over a bad network in virtual time: that nothing is lost, doubled or put out of order
// whatever the network, a NAT or a router's death does, and that strangers get nothing for their forgeries.
import { HELLO_BYTES, messageDigest, PipeClient, type Row, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { PipeWorld, type RouterHost, someMessages } from './pipe-world.ts'
import { address, addressText, publicAddress } from './simulator/address.ts'
import { uniform } from './simulator/link.ts'
import { Nat } from './simulator/nat.ts'
import type { Random } from './simulator/random.ts'
import { say } from './simulator/report.ts'
import { LONG, SEED, seeded } from './simulator/seed.ts'

const MESSAGES = LONG ? 20_000 : 1000
const MINUTE_MS = 60_000
const BAD = { loss: 0.3, duplication: 0.1, reordering: 0.2, delayMs: uniform(20, 60) }

/** Which rows, in which order; each is told with the message that the log has there. */
function positions(rows: readonly Row[]): string[] {
  return rows.map(({ position, message }) => `${position} ${toHex(messageDigest(message))}`)
}

/** The first datagram of a client that asks nothing more. */
function aHello(world: PipeWorld, router: RouterHost, random: Random): Uint8Array {
  const silent = () => undefined
  const key = world.keys.publicKey
  const machine = new PipeClient({
    routers: [{ address: router.address, key }],
    random: random.bytes,
    onAnswer: silent,
    onRow: silent,
    onTapEnd: silent,
  })
  machine.send(Buffer.of(1))
  return machine.flush(world.nowMs)[0]?.bytes ?? new Uint8Array(0)
}

test('30 % loss, reordering and duplication: every message is receipted and stored once, every tap has each row once', () =>
  seeded((random) => {
    const world = new PipeWorld(random)
    world.network.link = BAD
    const client = world.client(publicAddress(1), [world.router(publicAddress(0))])
    const startMs = world.nowMs
    client.tap()
    client.send(someMessages(MESSAGES, random))
    const isDone = () => client.host.machine.size === 0 && client.rows.length === MESSAGES
    expect(world.run(60 * MINUTE_MS, isDone)).toBe(true)
    expect(client.receipted).toBe(MESSAGES)
    expect(world.log.rows.length).toBe(MESSAGES)
    expect(positions(client.rows)).toEqual(positions(world.log.rows))
    const { sends, opened } = client.host.machine.counts
    say(
      `${MESSAGES} messages at 30 % loss, seed ${SEED}: ${world.nowMs - startMs} ms, ${sends} SENDs, ${opened} pipes, ${world.network.counts.sent} datagrams`,
    )
  }))

test('a NAT that rebinds in the middle: the pipe goes on, nothing is lost', () =>
  seeded((random) => {
    const world = new PipeWorld(random)
    world.network.link = { ...BAD, loss: 0.05 }
    const device = new Nat(address('9.9.9.9', 0).ip)
    const router = world.router(publicAddress(0))
    const client = world.client(address('10.0.0.2', 4000), [router], { device, ip: address('9.9.9.9', 0).ip })
    client.tap()
    const messages = someMessages(600, random)
    for (let i = 0; i < 6; i++) {
      client.send(messages.slice(i * 100, i * 100 + 100))
      world.run(1500)
      device.rebind()
    }
    expect(world.run(10 * MINUTE_MS, () => client.host.machine.size === 0 && client.rows.length === 600)).toBe(true)
    expect(client.receipted).toBe(600)
    expect(positions(client.rows)).toEqual(positions(world.log.rows))
    expect(router.machine.counts.opened).toBe(1)
  }))

test('a router killed and replaced, and one that stays dead: every message is receipted, every tap has each row once', () =>
  seeded((random) => {
    const world = new PipeWorld(random)
    world.network.link = { ...BAD, loss: 0.1 }
    const routers = [world.router(publicAddress(0)), world.router(publicAddress(1))]
    const client = world.client(publicAddress(2), routers)
    const taken = () => routers.findIndex(({ up, machine }) => up && machine.size.pipes > 0)
    client.tap()
    client.send(someMessages(MESSAGES / 2, random))
    expect(world.run(MINUTE_MS, () => taken() >= 0)).toBe(true)
    world.run(300)
    // The same address, another process: it answers with RESET.
    const first = routers[taken()] as RouterHost
    world.kill(first)
    routers[routers.indexOf(first)] = world.router(first.address)
    client.send(someMessages(MESSAGES / 2, random))
    expect(world.run(MINUTE_MS, () => taken() >= 0)).toBe(true)
    world.run(300)
    // Nobody there any more.
    world.kill(routers[taken()] as RouterHost)
    client.send(someMessages(100, random))
    expect(
      world.run(30 * MINUTE_MS, () => client.host.machine.size === 0 && client.rows.length === world.log.rows.length),
    ).toBe(true)
    expect(client.receipted).toBe(MESSAGES + 100)
    expect(positions(client.rows)).toEqual(positions(world.log.rows))
    expect(world.log.rows.length).toBe(MESSAGES + 100)
    expect(client.host.machine.counts.closed.reset).toBeGreaterThan(0)
    expect(client.host.machine.counts.closed.silent).toBeGreaterThan(0)
  }))

test('all of it at once: 30 % loss, a NAT that rebinds, routers killed and replaced', () =>
  seeded((random) => {
    const world = new PipeWorld(random)
    world.network.link = BAD
    const device = new Nat(address('9.9.9.9', 0).ip)
    let routers = [world.router(publicAddress(0)), world.router(publicAddress(1))]
    const client = world.client(address('10.0.0.2', 4000), routers, { device, ip: address('9.9.9.9', 0).ip })
    client.tap()
    for (let i = 0; i < 6; i++) {
      client.send(someMessages(50, random))
      world.run(3000)
      if (i % 2 === 0) device.rebind()
      else {
        for (const router of routers) world.kill(router)
        routers = routers.map(({ address }) => world.router(address))
      }
    }
    const isDone = () => client.host.machine.size === 0 && client.rows.length === 300
    expect(world.run(60 * MINUTE_MS, isDone)).toBe(true)
    expect(client.receipted).toBe(300)
    expect(world.log.rows.length).toBe(300)
    expect(positions(client.rows)).toEqual(positions(world.log.rows))
    // honest clients never meet the limits that are for others
    for (const { machine } of routers) expect(machine.counts.faults['not-wanted']).toBeUndefined()
  }))

test('a drain: new messages go to another router, what was sent is answered where it was sent', () =>
  seeded((random) => {
    const world = new PipeWorld(random)
    const [first, second] = [world.router(publicAddress(0)), world.router(publicAddress(1))]
    const client = world.client(publicAddress(2), [first, second])
    client.tap()
    client.send(someMessages(50, random))
    world.run(120)
    first.do((machine, nowMs) => {
      machine.stopTaking()
      return machine.flush(nowMs)
    })
    world.run(200)
    client.send(someMessages(50, random))
    expect(world.run(MINUTE_MS, () => client.host.machine.size === 0 && client.rows.length === 100)).toBe(true)
    expect(positions(client.rows)).toEqual(positions(world.log.rows))
    expect(second.machine.size.pipes).toBe(1)
    expect(world.run(MINUTE_MS, () => first.machine.size.pipes === 0)).toBe(true)
    expect(first.machine.counts.closed).toEqual({ done: 1 })
  }))

test('a slow listener is told, holds up nobody, and gets everything when it keeps up; large rows come in pieces', () =>
  seeded((random) => {
    const world = new PipeWorld(random)
    world.network.link = { ...BAD, loss: 0.02 }
    const router = world.router(publicAddress(0))
    const [slow, quick] = [world.client(publicAddress(1), [router]), world.client(publicAddress(2), [router])]
    slow.keeps = false
    const tap = slow.tap()
    quick.tap()
    for (const message of someMessages(3, random, 60_000)) world.log.append(message)
    quick.send(someMessages(400, random))
    expect(world.run(10 * MINUTE_MS, () => quick.rows.length === 403)).toBe(true)
    expect(router.machine.counts.behind).toBe(0)
    world.run(5000)
    world.announce()
    world.announce()
    world.run(5000)
    expect(slow.rows.length).toBe(256)
    expect(router.machine.counts.behind).toBe(1)
    // It keeps what it has, bit by bit.
    slow.keeps = true
    slow.do((machine) => machine.delivered(tap, slow.rows.at(-1)?.position ?? 0n))
    expect(world.run(MINUTE_MS, () => slow.rows.length === 403)).toBe(true)
    expect(positions(slow.rows)).toEqual(positions(world.log.rows))
    expect(positions(quick.rows)).toEqual(positions(world.log.rows))
  }))

test('a flood of hellos from forged addresses: the table keeps its bound, and an honest client gets through', () =>
  seeded((random) => {
    const world = new PipeWorld(random)
    const bound = 64
    const router = world.router(publicAddress(0), { halfOpenMax: bound })
    // Hellos as an attacker makes them who knows the pipe key: each is good, and comes from an address that is not his.
    const hellos = Array.from({ length: 200 }, () => aHello(world, router, random))
    let most = 0
    let longest = 0
    world.network.watch = (event, from, to, bytes) => {
      if (event === 'sent' && from === router.address && addressText(to) !== addressText(publicAddress(1)))
        longest = Math.max(longest, bytes.length)
    }
    let flooding = true
    const flood = () => {
      for (let i = 0; i < 3; i++) {
        world.network.inject(publicAddress(100 + random.below(5000)), router.address, random.pick(hellos))
      }
      most = Math.max(most, router.machine.size.halfOpen)
      if (flooding) world.network.timeline.at(world.nowMs + 1, flood)
    }
    flood()
    world.run(1000)
    const client = world.client(publicAddress(1), [router])
    client.send(someMessages(20, random))
    expect(world.run(MINUTE_MS, () => client.host.machine.size === 0)).toBe(true)
    flooding = false
    expect(client.receipted).toBe(20)
    expect(most).toBeGreaterThanOrEqual(bound / 2)
    expect(most).toBeLessThanOrEqual(bound)
    expect(client.host.machine.counts.cookies).toBeGreaterThan(0)
    expect(hellos[0]?.length).toBe(HELLO_BYTES)
    // strangers get a welcome or a cookie, each a small part of a hello
    expect(longest).toBeGreaterThan(0)
    expect(longest).toBeLessThan(HELLO_BYTES / 10)
  }))
