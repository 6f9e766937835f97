// Proves that the routers of a cluster are one node to the DHT: what is put or announced at one is read at any other, also when each
// packet goes to another and when a router starts later; and that a router which is told of a network joins it, finds what others
// stored there, publishes the records of its receivers, which outlive it there, and remembers whom it knew.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeReceiver } from '@p2pmsg/admin'
import { findRecord } from '@p2pmsg/client'
import {
  bencode,
  type Encodable,
  type Found,
  formatIp,
  type Hop,
  type Item,
  KademliaNode,
  parseCompactAddress,
  Raw,
  recordTarget,
  sharedNodeId,
  signItem,
  Tokens,
  targetOf,
} from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Router } from '../../services/router/src/router.ts'
import type { KrpcPeer } from '../support/krpc-peer.ts'
import { aKeyPair } from '../support/messages.ts'
import { RouterBench } from '../support/router-bench.ts'

let bench: RouterBench
let routers: [Router, Router]

beforeAll(async () => {
  bench = await RouterBench.start()
  routers = [await bench.router(), await bench.router()]
})
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]()
})

const PAD = Buffer.alloc(400)

function aHost(): string {
  return `127.${1 + Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}.1`
}

/** One asker, one socket to each router: from one address, as a load balancer would spread its packets. */
async function aSpreadPeer(): Promise<[KrpcPeer, KrpcPeer]> {
  const host = aHost()
  return [await bench.peer(routers[0], host), await bench.peer(routers[1], host)]
}

function anItem(author = aKeyPair(), text = randomBytes(20).toString('hex'), seq = 1n, salt = ''): Item {
  return signItem(author, { salt: Buffer.from(salt), seq, value: bencode(Buffer.from(text)) })
}

function putting(item: Item): Readonly<Record<string, Encodable>> {
  const { key: k, salt, seq, value, signature: sig } = item
  return salt.length > 0 ? { k, salt, seq, sig, v: new Raw(value) } : { k, seq, sig, v: new Raw(value) }
}

async function put(at: KrpcPeer, item: Item, token: Uint8Array, more: Readonly<Record<string, Encodable>> = {}) {
  const answer = await at.ask('put', { ...putting(item), ...more, token })
  return answer.kind === 'error' ? answer.code : answer.id
}

async function valueAt(at: KrpcPeer, target: Uint8Array): Promise<string | undefined> {
  const answer = await at.ask('get', { target, pad: PAD })
  const value = answer.kind === 'reply' ? answer.body.raw('v') : undefined
  return value && Buffer.from(value).toString()
}

test('of 30 items whose packets are spread over two routers, 30 are read back, from either', async () => {
  const peers = await aSpreadPeer()
  const items = Array.from({ length: 30 }, (_, i) => anItem(aKeyPair(), `item ${i}`, 1n, i % 2 ? 'with salt' : ''))
  for (const [i, item] of items.entries()) {
    const [here, there] = i % 2 ? peers : ([peers[1], peers[0]] as const)
    const token = await here.token(targetOf(item))
    expect(await put(there, item, token)).toEqual(sharedNodeId(bench.clusterSecret))
  }
  for (const peer of peers) {
    const found = async () => Promise.all(items.map((item) => valueAt(peer, targetOf(item))))
    await expect.poll(found).toEqual(items.map((_, i) => `${`item ${i}`.length}:item ${i}`))
  }
})

test('who announces itself at one router is named by the other', async () => {
  const [here, there] = await aSpreadPeer()
  const infoHash = randomBytes(20)
  const asked = await there.ask('get_peers', { info_hash: infoHash })
  const token = asked.kind === 'reply' ? asked.body.bytes('token') : undefined
  const announced = await here.ask('announce_peer', { info_hash: infoHash, port: 4_242, token: token as Uint8Array })
  expect(announced.kind).toBe('reply')
  const peersAt = async (peer: KrpcPeer) => {
    const answer = await peer.ask('get_peers', { info_hash: infoHash, pad: PAD })
    const values = (answer.kind === 'reply' && answer.body.list('values')) || []
    return values.map((value) => value instanceof Uint8Array && parseCompactAddress(value)?.port)
  }
  for (const peer of [here, there]) await expect.poll(() => peersAt(peer)).toEqual([4_242])
})

test('an older or other value is refused by the router that has the newer from its sibling', async () => {
  const [here, there] = await aSpreadPeer()
  const author = aKeyPair()
  const newer = anItem(author, 'newer', 7n)
  const target = targetOf(newer)
  const token = await here.token(target)
  await put(here, newer, token)
  await expect.poll(() => valueAt(there, target)).toBe('5:newer')
  expect(await put(there, anItem(author, 'older', 6n), token)).toBe(302)
  expect(await put(there, anItem(author, 'other', 7n), token)).toBe(302)
  expect(await put(there, anItem(author, 'next', 8n), token, { cas: 6 })).toBe(301)
  expect(await put(there, { ...anItem(author, 'forged', 8n), signature: randomBytes(64) }, token)).toBe(206)
  expect(await put(there, anItem(author, 'next', 8n), randomBytes(8))).toBe(203)
  expect(await valueAt(there, target)).toBe('5:newer')
  await put(there, anItem(author, 'next', 8n), token, { cas: 7 })
  await expect.poll(() => valueAt(here, target)).toBe('4:next')
})

test('a router that starts later has what the others were given before, however much that is', async () => {
  const [here] = await aSpreadPeer()
  const values = Array.from({ length: 200 }, (_, i) => bencode(Buffer.alloc(900, i)))
  const targets = values.map((value) => createHash('sha1').update(value).digest())
  for (const [i, value] of values.entries()) {
    const token = await here.token(targets[i] as Uint8Array)
    expect((await here.ask('put', { v: new Raw(value), token })).kind).toBe('reply')
  }
  await using late = await bench.router()
  const peer = await bench.peer(late, here.host)
  // a token of the siblings proves the address here too; items of this size are for the proved alone
  const own = anItem()
  await put(peer, own, await peer.token(targetOf(own)))
  for (const [i, target] of targets.entries()) {
    expect(await valueAt(peer, target)).toBe(Buffer.from(values[i] as Uint8Array).toString())
  }
})

describe('in a network', () => {
  /** A node on a loopback address of its own: tables hold few of one network. */
  async function aNode(index: number, bootstrap: number | undefined, stack: AsyncDisposableStack) {
    const node = new KademliaNode({
      id: randomBytes(20),
      tokens: new Tokens([randomBytes(32)]),
      random: randomBytes,
      nowMs: Date.now(),
    })
    const driver = stack.use(await Driver.start(node, { host: `127.77.${index}.1`, port: 0, now: Date.now }))
    if (bootstrap !== undefined) {
      const first = parseCompactAddress(Buffer.from([127, 77, 1, 1, bootstrap >> 8, bootstrap & 255]))
      if (first) await new Promise((joined) => driver.send(node.bootstrap([first], driver.now(), joined)))
    }
    return { node, driver }
  }

  const get = ({ node, driver }: Awaited<ReturnType<typeof aNode>>, target: Uint8Array, salt?: Uint8Array) =>
    new Promise<Found>((done) => driver.send(node.operations.get(target, driver.now(), done, salt && { salt })))

  test("a router joins, publishes its receivers' records, and serves what the network's nodes put", async () => {
    await using stack = new AsyncDisposableStack()
    const first = await aNode(1, undefined, stack)
    const nodes = [first]
    for (let i = 2; i <= 6; i++) nodes.push(await aNode(i, first.driver.port, stack))
    const receiver = await bench.receiver()
    const bootstrap = [{ host: '127.77.1.1', port: first.driver.port }]
    const stateDir = await mkdtemp(join(tmpdir(), 'p2pmsg-state-'))
    const settings = { bootstrap, udpHost: '127.78.1.1', stateDir }
    await using router = await bench.router(settings)
    // the record comes to nodes that never heard of the router's cluster
    const target = recordTarget(receiver.publicKey)
    const held = () => nodes.filter(({ node }) => node.storage.items.get(target, Date.now())).length
    await expect.poll(held, { timeout: 30_000 }).toBeGreaterThanOrEqual(5)
    const found = await get(nodes[3] as (typeof nodes)[0], target, Buffer.from('p2pmsg'))
    expect(found.item && 'key' in found.item && found.item.key).toEqual(receiver.publicKey)
    // the router is one of the nodes: what they put comes to it too, and from it to its sibling
    const item = anItem()
    const { node, driver } = nodes[4] as (typeof nodes)[0]
    const written = await new Promise<{ stored: number }>((done) =>
      driver.send(node.operations.put(item, driver.now(), done)),
    )
    // the five others, the router, and its siblings, which it names
    expect(written.stored).toBeGreaterThanOrEqual(6)
    const sibling = await bench.peer(routers[0], aHost())
    await expect.poll(() => valueAt(sibling, targetOf(item))).toBe(Buffer.from(item.value).toString())
    // and when the router that put the record is gone, who knows one bootstrap node and the key finds it
    await router[Symbol.asyncDispose]()
    const hops: Hop[] = []
    const resolved = await findRecord(receiver.publicKey, {
      bootstrap,
      host: '127.79.1.1',
      onHop: (hop) => hops.push(hop),
    })
    expect(resolved.item.key).toEqual(receiver.publicKey)
    const holders = hops.filter(({ item }) => item).map(({ address }) => formatIp(address.ip))
    expect(holders.filter((ip) => ip.startsWith('127.77.')).length).toBeGreaterThanOrEqual(1)
    // whom it knew, it left for the next one, which needs no bootstrap node that lives
    const next = await bench.receiver()
    await using heir = await bench.router({ ...settings, bootstrap: [{ host: '127.77.99.1', port: 9 }] })
    const heldNext = () => nodes.filter(({ node }) => node.storage.items.get(recordTarget(next.publicKey), Date.now()))
    await expect.poll(() => heldNext().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(5)
    expect(heir.udpPort).not.toBe(first.driver.port)
    for (const { publicKey } of [receiver, next]) await removeReceiver(bench.admin, publicKey)
    await rm(stateDir, { recursive: true })
  })
})
