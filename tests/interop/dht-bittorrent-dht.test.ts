// Proves that bittorrent-dht, the node of WebTorrent's programs, and our router are nodes of one network: each stores what the other
// puts, with and without salt, names the peers that announced themselves to the other, and takes a new value only after the old one.
import { createHash, randomBytes } from 'node:crypto'
import { recordTarget, sign, targetOf, verify } from '@p2pmsg/protocol'
import { Client, type Stored } from 'bittorrent-dht'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Router } from '../../services/router/src/router.ts'
import { KrpcPeer } from '../support/krpc-peer.ts'
import { aKeyPair } from '../support/messages.ts'
import { RouterBench } from '../support/router-bench.ts'

let bench: RouterBench
let router: Router
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  bench = stack.use(await RouterBench.start())
  router = await bench.router()
})
afterAll(async () => {
  await stack.disposeAsync()
})

async function aClient(host: string, bootstrap: number | undefined): Promise<Client> {
  const at = bootstrap === undefined ? false : ([`127.0.0.1:${bootstrap}`] as string[])
  const client = new Client({ bootstrap: at, verify: (signature, bytes, key) => verify(signature, bytes, key) })
  stack.defer(() => new Promise<void>((done) => client.destroy(done)))
  await new Promise<void>((listening) => client.listen(0, host, listening))
  return client
}

const put = (client: Client, item: Parameters<Client['put']>[0]) =>
  new Promise<{ error: string | undefined; key: Buffer; nodes: number }>((done) =>
    client.put(item, (error, key, nodes) => done({ error: error?.message, key, nodes })),
  )

const get = (client: Client, key: Uint8Array, salt?: Buffer) =>
  new Promise<Stored | null>((done) =>
    client.get(Buffer.from(key), { cache: false, ...(salt && { salt }) }, (_, stored) => done(stored)),
  )

test('what one client puts, by hash or signed, with and without salt, another reads from the router', async () => {
  const writer = await aClient('127.41.1.1', router.udpPort)
  const reader = await aClient('127.42.1.1', router.udpPort)
  const byHash = await put(writer, { v: Buffer.from('by its hash') })
  expect(byHash).toMatchObject({ error: undefined, key: createHash('sha1').update('11:by its hash').digest() })
  expect((await get(reader, byHash.key))?.v.toString()).toBe('by its hash')
  const keys = aKeyPair()
  const k = Buffer.from(keys.publicKey)
  for (const salt of [undefined, Buffer.from('a salt')]) {
    const item = { k, ...(salt && { salt }), sign: (bytes: Buffer) => Buffer.from(sign(bytes, keys)) }
    const first = await put(writer, { ...item, seq: 1, v: Buffer.from('first') })
    expect(first.error).toBeUndefined()
    const target = { key: k, salt: salt ?? Buffer.alloc(0), seq: 0n, value: k, signature: k }
    expect(first.key).toEqual(targetOf(target))
    expect((await get(reader, first.key, salt))?.v.toString()).toBe('first')
    expect((await put(writer, { ...item, seq: 2, cas: 7, v: Buffer.from('other') })).error).toMatch(/cas mismatch/)
    expect((await put(writer, { ...item, seq: 2, cas: 1, v: Buffer.from('second') })).error).toBeUndefined()
    expect((await put(writer, { ...item, seq: 1, v: Buffer.from('stale') })).error).toMatch(/seq too low/)
    expect(await get(reader, first.key, salt)).toMatchObject({ v: Buffer.from('second'), seq: 2 })
  }
})

test('a client that announces itself is found by another', async () => {
  const [seeder, leecher] = [await aClient('127.43.1.1', router.udpPort), await aClient('127.44.1.1', router.udpPort)]
  const infoHash = randomBytes(20)
  await new Promise((done) => seeder.announce(infoHash, 4_545, done))
  const found: string[] = []
  leecher.on('peer', ({ host, port }) => void found.push(`${host}:${port}`))
  await new Promise((done) => leecher.lookup(infoHash, done))
  await expect.poll(() => [...new Set(found)]).toEqual(['127.43.1.1:4545'])
})

test('a router that joins through a client publishes the records of its receivers there', async () => {
  const client = await aClient('127.0.0.1', undefined)
  const { port } = client.address()
  const receiver = await bench.receiver()
  await using joined = await bench.router({ bootstrap: [{ host: '127.0.0.1', port }] })
  await using asker = await KrpcPeer.to(port, '127.45.1.1')
  const held = async () => {
    const answer = await asker.ask('get', { target: recordTarget(receiver.publicKey) })
    return answer.kind === 'reply' && answer.body.bytes('k')
  }
  await expect.poll(held, { timeout: 30_000 }).toEqual(receiver.publicKey)
  expect(joined.udpPort).not.toBe(port)
})
