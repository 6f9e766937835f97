// No stranger makes a node say more than three times what it said, whatever it sends; and no datagram makes it throw.

import {
  bencode,
  DATAGRAM_OUT_BYTES_MAX,
  type Encodable,
  encodeQuery,
  KRPC_OUT_BYTES_MAX,
  keyPairFromSeed,
  parseFrame,
  Raw,
  signItem,
  targetOf,
} from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressOf, aNode, bytesOf, NOW, predictable } from './support.ts'

const LONG = process.env.P2PMSG_LONG === '1'
const HASH = bytesOf('hash')
const KEYS = keyPairFromSeed(bytesOf('seed', 32))
const BIG = signItem(KEYS, { salt: new Uint8Array(0), seq: 1n, value: bencode(Buffer.alloc(900, 'x')) })

/** A node that has a full table, many peers for one hash, and a large item. */
function aFullNode() {
  const node = aNode()
  for (let n = 0; n < 400; n++) {
    const [id, from] = [bytesOf(`contact ${n}`), addressOf(n)]
    for (const { bytes } of node.receive(encodeQuery(bytesOf(n, 4), 'ping', { id }), from, NOW)) {
      const ping = parseFrame(bytes)
      if (ping.ok && ping.value.kind === 'query') {
        node.receive(bencode({ t: ping.value.t, y: 'r', r: { id } }), from, NOW)
      }
    }
    node.storage.import({ kind: 'peer', receivedMs: NOW, infoHash: HASH, address: from }, NOW)
  }
  node.storage.import({ kind: 'item', receivedMs: NOW, item: BIG }, NOW)
  return node
}

const METHODS = ['ping', 'find_node', 'get_peers', 'get', 'put', 'announce_peer', 'sample_infohashes', 'vote', '']
const TARGETS = [HASH, targetOf(BIG), bytesOf('elsewhere')]

const QUERY = fc.record({
  method: fc.constantFrom(...METHODS),
  target: fc.constantFrom(...TARGETS),
  want: fc.option(fc.constantFrom<Encodable>(['n4'], ['n6'], ['n4', 'n6'], 'n4'), { nil: undefined }),
  pad: fc.nat(1000),
  t: fc.uint8Array({ maxLength: 64 }),
  from: fc.nat(50),
})

test('to an unproved address no more than three times its bytes, and never more than a datagram', () => {
  const node = aFullNode()
  expect(node.size).toBeGreaterThan(200)
  fc.assert(
    fc.property(QUERY, ({ method, target, want, pad, t, from }) => {
      const id = bytesOf(`asker ${from}`)
      const args = { id, target, info_hash: target, want, pad: new Uint8Array(pad), v: new Raw(BIG.value), token: 'no' }
      const query = encodeQuery(t, method, args)
      const outgoing = node.receive(query, addressOf(10_000 + from), NOW)
      const total = outgoing.reduce((sum, { bytes }) => sum + bytes.length, 0)
      expect(total).toBeLessThanOrEqual(query.length * 3)
      for (const { bytes } of outgoing) {
        expect(bytes.length).toBeLessThanOrEqual(method === 'get' ? DATAGRAM_OUT_BYTES_MAX : KRPC_OUT_BYTES_MAX)
        expect(parseFrame(bytes).ok).toBe(true)
      }
    }),
    { numRuns: LONG ? 100_000 : 5000 },
  )
})

test('an item that does not fit is left out, and a ping asks for proof; after the pong it comes', () => {
  const node = aFullNode()
  const [from, target] = [addressOf(20_000), targetOf(BIG)]
  const query = encodeQuery(bytesOf(1, 4), 'get', { id: bytesOf('asker'), target }, true)
  const [first, ping] = node.receive(query, from, NOW)
  const reply = parseFrame(first?.bytes ?? new Uint8Array(0))
  if (!reply.ok || reply.value.kind !== 'reply') throw new Error('no reply')
  expect(reply.value.body.get('v')).toBeUndefined()
  expect(reply.value.body.bytes('token')?.length).toBe(8)
  const asked = parseFrame(ping?.bytes ?? new Uint8Array(0))
  if (!asked.ok || asked.value.kind !== 'query') throw new Error('no ping')
  node.receive(bencode({ t: asked.value.t, y: 'r', r: { id: bytesOf('asker') } }), from, NOW + 50)
  const again = parseFrame(node.receive(query, from, NOW + 100)[0]?.bytes ?? new Uint8Array(0))
  if (!again.ok || again.value.kind !== 'reply') throw new Error('no second reply')
  expect(again.value.body.raw('v')).toEqual(Buffer.from(BIG.value))
})

test('padded to 400 bytes, the first question gets the item', () => {
  const args = { id: bytesOf('asker'), target: targetOf(BIG), pad: new Uint8Array(310) }
  const [answer] = aFullNode().receive(encodeQuery(bytesOf(1, 4), 'get', args, true), addressOf(20_001), NOW)
  expect(Buffer.from(answer?.bytes ?? []).includes(Buffer.from(BIG.value))).toBe(true)
})

test(
  'mutated datagrams never make it throw, and it answers nothing that it cannot read',
  () => {
    const node = aFullNode()
    const [id, token] = [bytesOf('asker'), bytesOf('token', 8)]
    const seeds = METHODS.map((method) =>
      encodeQuery(bytesOf(method, 4), method, {
        id,
        target: HASH,
        info_hash: HASH,
        token,
        port: 1,
        seq: 1,
        k: KEYS.publicKey,
        sig: BIG.signature,
        v: 'x',
      }),
    )
    seeds.push(bencode({ t: 'aaaa', y: 'r', r: { id, nodes: bytesOf(1, 26), values: ['xxxxxx'] } }))
    seeds.push(bencode({ t: 'aaaa', y: 'e', e: [203, 'no'] }))
    const random = predictable(7)
    const rounds = LONG ? 1_000_000 : 100_000
    let answered = 0
    for (let i = 0; i < rounds; i += 100) {
      const noise = Buffer.from(Array.from({ length: 25 }, () => [...random(32)]).flat())
      for (let j = 0; j < 100; j++) {
        const bytes = Buffer.from(seeds[(i + j) % seeds.length] ?? [])
        const [a, b, c, d] = [j * 8, j * 8 + 2, j * 8 + 4, j * 8 + 6].map((at) => noise.readUInt16BE(at)) as [
          number,
          number,
          number,
          number,
        ]
        bytes[a % bytes.length] = b & 255
        if (c & 1) bytes[c % bytes.length] = (b >> 8) & 255
        const cut = c & 6 ? bytes : bytes.subarray(0, d % bytes.length)
        const outgoing = node.receive(cut, addressOf(30_000 + (d % 500)), NOW)
        answered += outgoing.length
        if (outgoing.length > 0) expect(parseFrame(cut).ok).toBe(true)
      }
    }
    const { faults } = node.counts.answering
    const faulty = Object.values(faults).reduce((sum, count) => sum + count, 0)
    expect(faulty).toBeGreaterThan(rounds / 10)
    expect(answered).toBeGreaterThan(0)
  },
  LONG ? 600_000 : 60_000,
)
