// Receivers found by their key alone: the command as a process, in a DHT of real nodes on loopback.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Endpoint, formatAddress, formatEndpoint, keyPairFromSeed, signRecord, toZBase32 } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Shell } from '../support/command.ts'
import { DhtNet } from '../support/dht-net.ts'
import { Peer } from '../support/peer.ts'

let net: DhtNet
let peer: Peer

beforeAll(async () => {
  net = await DhtNet.start(8)
  peer = await Peer.start()
  // whoever put the record is gone before anybody asks
  const writer = await net.add()
  const { stored } = await net.put(writer, signRecord(peer.receiverKeys, peer.describe(), 7n))
  expect(stored).toBeGreaterThanOrEqual(6)
  await net.remove(writer)
})
afterAll(async () => {
  await peer[Symbol.asyncDispose]()
  await net[Symbol.asyncDispose]()
})

const bootstrap = (n: number) => formatEndpoint(net.nodes[n]?.endpoint as Endpoint)
const address = () => formatAddress({ receiver: peer.receiverKeys.publicKey, endpoint: undefined, topic: '' })

test('resolve finds the record through any node, and prints each hop when asked to', async () => {
  await using shell = await Shell.open()
  for (const n of [0, 5]) {
    const found = await shell.p2pmsg('resolve', address(), '--bootstrap', bootstrap(n), '--json', '--verbose')
    expect(found).toMatchObject({ code: 0, stderr: '' })
    const told = JSON.parse(found.stdout) as { routers: string[]; asked: { item: boolean }[]; queries: number }
    expect(told).toMatchObject({ routers: [`127.0.0.1:${peer.port}`], version: '7' })
    expect(told.asked.length).toBe(told.queries)
    expect(told.asked.some(({ item }) => item)).toBe(true)
  }
  const lines = (await shell.p2pmsg('resolve', address(), '--bootstrap', bootstrap(2), '-v')).stdout
  expect(lines).toMatch(/^ {2}hop 0 .* nodes$/m)
  expect(lines).toContain(`routers        127.0.0.1:${peer.port}`)
})

test('send to an address without a host gets its receipt, and the next one needs no DHT', async () => {
  await using shell = await Shell.open({ P2PMSG_BOOTSTRAP: bootstrap(1) })
  const sent = await shell.p2pmsg('send', '--to', `${address()}/news`, '--json', 'by key alone')
  expect(JSON.parse(sent.stdout)).toMatchObject({ stage: 'accepted', verified: true })
  expect((await readdir(join(shell.home, '.cache', 'p2pmsg', 'records'))).length).toBe(1)
  const again = await shell.p2pmsg('send', '--to', address(), '--bootstrap', '127.0.0.1:9', '--json', 'from memory')
  expect(JSON.parse(again.stdout)).toMatchObject({ stage: 'accepted' })
})

test('who is in nobody’s care is not found, and a network that is not there is no answer', async () => {
  await using shell = await Shell.open()
  const nobody = toZBase32(keyPairFromSeed(Buffer.alloc(32, 99)).publicKey)
  const [unknown, silent, bad] = await Promise.all([
    shell.p2pmsg('resolve', nobody, '--bootstrap', bootstrap(0), '--json'),
    shell.p2pmsg('resolve', nobody, '--bootstrap', '127.0.0.1:9'),
    shell.p2pmsg('resolve', nobody, '--bootstrap', 'nowhere'),
  ])
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('has a record') })
  expect(JSON.parse(unknown.stdout)).toMatchObject({ error: 'no-record' })
  expect(silent).toMatchObject({ code: 4, stderr: expect.stringContaining('no DHT node answers at 127.0.0.1:9') })
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('--bootstrap is host:port') })
})
