import {
  bencode,
  type Encodable,
  encodeQuery,
  encodeReplicaRecord,
  fromHex,
  type Item,
  type KademliaNode,
  keyPairFromSeed,
  parseFrame,
  parseReplicaRecord,
  Raw,
  type ReplicaRecord,
  signItem,
  targetOf,
  toHex,
  type UdpAddress,
  utf8,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { ITEM_MS, PREFIX_ITEMS_MAX } from '../../src/kademlia/item-store.ts'
import { PEER_MS, PEERS_PER_PREFIX_MAX } from '../../src/kademlia/peer-store.ts'
import { addressOf, aNode, bytesOf, NOW } from './support.ts'

const FROM = addressOf(1)
const KEYS = keyPairFromSeed(bytesOf('seed', 32))
const NO_SALT = new Uint8Array(0)
type Members = { [key: string]: Encodable | undefined }

/** The answer of a node to one query: its body, or its error. */
function ask(node: KademliaNode, method: string, args: Members, from: UdpAddress = FROM, nowMs = NOW) {
  const [first] = node.receive(
    encodeQuery(bytesOf('t', 4), method, { id: bytesOf('asker'), ...args }, true),
    from,
    nowMs,
  )
  const frame = first && parseFrame(first.bytes)
  if (!frame?.ok || frame.value.kind === 'query') throw new Error('no answer')
  return frame.value
}

function code(answer: ReturnType<typeof ask>): number | 'ok' {
  return answer.kind === 'error' ? answer.code : 'ok'
}

function tokenFor(node: KademliaNode, target: Uint8Array, from: UdpAddress = FROM, nowMs = NOW): Uint8Array {
  const answer = ask(node, 'get', { target }, from, nowMs)
  return (answer.kind === 'reply' && answer.body.bytes('token')) || new Uint8Array(0)
}

function put(node: KademliaNode, item: Item, extra: Members = {}, from: UdpAddress = FROM, nowMs = NOW) {
  const salt = item.salt.length > 0 ? item.salt : undefined
  const args = { k: item.key, salt, seq: item.seq, sig: item.signature, v: new Raw(item.value) }
  return code(ask(node, 'put', { ...args, token: tokenFor(node, targetOf(item), from, nowMs), ...extra }, from, nowMs))
}

function anItem(seq: bigint, text = 'hello', salt: Uint8Array = NO_SALT): Item {
  return signItem(KEYS, { salt, seq, value: bencode(text) })
}

/** BEP 44, "test vectors". */
const BEP44_KEY = fromHex('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548', 32) as Uint8Array
const BEP44 = [
  {
    salt: '',
    target: '4a533d47ec9c7d95b1ad75f576cffc641853b750',
    signature:
      '305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01',
  },
  {
    salt: 'foobar',
    target: '411eba73b6f087ca51a3795d9c8c938d365e32c1',
    signature:
      '6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08',
  },
] as const

test.each(BEP44)('the BEP 44 item with salt "$salt" is stored and read', ({ salt, target, signature }) => {
  const node = aNode()
  const item: Item = {
    key: BEP44_KEY,
    salt: utf8(salt),
    seq: 1n,
    value: utf8('12:Hello World!'),
    signature: fromHex(signature, 64) as Uint8Array,
  }
  expect(toHex(targetOf(item))).toBe(target)
  expect(put(node, item)).toBe('ok')
  const answer = ask(node, 'get', { target: targetOf(item) })
  if (answer.kind !== 'reply') throw new Error('an error')
  expect(Buffer.from(answer.body.bytes('v') ?? []).toString()).toBe('Hello World!')
  expect(answer.body.int('seq')).toBe(1n)
})

test('an immutable item has the BEP 44 target', () => {
  const [node, value] = [aNode(), utf8('12:Hello World!')]
  const target = targetOf({ value })
  expect(toHex(target)).toBe('e5f96f6f38320f0f33959cb4d3d656452117aadb')
  expect(code(ask(node, 'put', { v: new Raw(value), token: tokenFor(node, target) }))).toBe('ok')
  const answer = ask(node, 'get', { target })
  expect(answer.kind === 'reply' && answer.body.raw('v')).toEqual(Buffer.from(value))
})

test('the number rules: newer wins, equal is refreshed or refused, older is refused, cas must match', () => {
  const node = aNode()
  expect(put(node, anItem(5n))).toBe('ok')
  expect(put(node, anItem(4n))).toBe(302)
  expect(put(node, anItem(5n, 'other'))).toBe(302)
  expect(put(node, anItem(5n))).toBe('ok')
  expect(put(node, { ...anItem(5n), signature: new Uint8Array(64) })).toBe(206) // known, but not under this signature
  expect(put(node, anItem(6n), { cas: 4 })).toBe(301)
  expect(put(node, anItem(2n ** 63n - 1n), { cas: 5 })).toBe('ok')
})

test('a reader who has the number already gets only the number', () => {
  const node = aNode()
  put(node, anItem(5n))
  const answer = ask(node, 'get', { target: targetOf(anItem(5n)), seq: 5 })
  if (answer.kind !== 'reply') throw new Error('an error')
  expect([answer.body.int('seq'), answer.body.get('v')]).toEqual([5n, undefined])
})

test('refusals, from cheap to dear', () => {
  const node = aNode()
  const item = anItem(1n)
  const broken = Uint8Array.from(item.signature, (byte, i) => (i === 9 ? byte ^ 1 : byte))
  expect(put(node, item, { token: bytesOf('no', 8) })).toBe(203)
  expect(put(node, item, { token: undefined })).toBe(203)
  expect(put(node, anItem(1n, 'x'.repeat(1000)))).toBe(205)
  expect(put(node, { ...item, salt: bytesOf('salt', 32) }, { salt: Buffer.alloc(65) })).toBe(203) // not the token's target
  const long = { ...item, salt: Buffer.alloc(65) }
  expect(put(node, long)).toBe(207)
  expect(put(node, item, { sig: 'short' })).toBe(203)
  expect(put(node, item, { k: 7 })).toBe(203)
  expect(put(node, item, { cas: 'text' })).toBe(203)
  expect(put(node, { ...item, signature: broken })).toBe(206)
  expect(node.storage.items.size).toBe(0)
})

test('keys out of order in a put are refused, as libtorrent does', () => {
  const node = aNode()
  const value = utf8('1:x')
  const token = tokenFor(node, targetOf({ value }))
  const args = Buffer.concat([utf8('d1:v1:x2:id20:'), bytesOf('asker'), utf8('5:token8:'), token, utf8('e')])
  const query = Buffer.concat([utf8('d1:a'), args, utf8('1:q3:put1:t4:aaaa1:y1:qe')])
  const answer = parseFrame(node.receive(query, FROM, NOW)[0]?.bytes ?? NO_SALT)
  expect(answer.ok && answer.value.kind === 'error' && answer.value.code).toBe(203)
})

test('a token is good for its address and target alone', () => {
  const [node, item] = [aNode(), anItem(1n)]
  const token = tokenFor(node, targetOf(item), addressOf(2))
  expect(put(node, item, { token })).toBe(203)
  expect(put(node, item, { token: tokenFor(node, bytesOf('elsewhere')) })).toBe(203)
})

test('an announcement keeps the address that it came from, for half an hour', () => {
  const [node, hash] = [aNode(), bytesOf('hash')]
  const announce = (from: UdpAddress, args: Members) =>
    code(ask(node, 'announce_peer', { info_hash: hash, token: tokenFor(node, hash, from), ...args }, from))
  expect(announce(addressOf(1), { port: 4000 })).toBe('ok')
  expect(announce(addressOf(2, 7777), { port: 0, implied_port: 9 })).toBe('ok')
  expect(announce(addressOf(3), { port: 0 })).toBe(203)
  expect(announce(addressOf(4), { port: 70_000 })).toBe(203)
  const peersAt = (nowMs: number) => {
    const answer = ask(node, 'get_peers', { info_hash: hash }, addressOf(9), nowMs)
    const values = (answer.kind === 'reply' && answer.body.list('values')) || []
    return values.map((value) => toHex(value as Uint8Array))
  }
  expect(peersAt(NOW)).toEqual(['140001010fa0', '140002011e61'])
  expect(peersAt(NOW + PEER_MS)).toEqual([])
})

test('one network has its share of peers and items and no more', () => {
  const node = aNode()
  const { peers, items } = node.storage
  for (let port = 1; port <= 100; port++) peers.add(bytesOf('hash'), addressOf(1, port), NOW)
  expect(peers.size).toBe(PEERS_PER_PREFIX_MAX)
  for (let n = 0; n < PREFIX_ITEMS_MAX + 50; n++) items.put({ value: bencode(n) }, 7, NOW)
  expect(items.size).toBe(PREFIX_ITEMS_MAX)
  expect(items.put({ value: bencode('theirs') }, 8, NOW)).toBe(true)
})

test('what is old is swept out', () => {
  const node = aNode({ responderOnly: true })
  put(node, anItem(1n))
  node.storage.peers.add(bytesOf('hash'), addressOf(1), NOW)
  for (let at = node.deadline ?? 0; at < NOW + ITEM_MS + 60_000; at = node.deadline ?? Number.POSITIVE_INFINITY)
    node.tick(at)
  expect(node.counts.storage).toMatchObject({ items: 0, peers: 0, hashes: 0, expired: 2 })
})

test('what is stored at one replica is read at another, and the higher number wins there too', () => {
  const records: ReplicaRecord[] = []
  const one = aNode({ onStored: (record) => records.push(record) })
  const two = aNode()
  put(one, anItem(1n, 'first'))
  put(one, anItem(2n, 'second'))
  ask(one, 'announce_peer', { info_hash: bytesOf('h'), port: 99, token: tokenFor(one, bytesOf('h')) })
  for (const record of records.toReversed()) {
    const parsed = parseReplicaRecord(encodeReplicaRecord(record))
    if (!parsed.ok) throw new Error(parsed.fault)
    two.storage.import(parsed.value, NOW)
  }
  const [own, copy] = [one, two].map((node) =>
    [...node.storage.export()].map((record) => toHex(encodeReplicaRecord(record))),
  )
  expect(copy).toEqual(own)
  expect(records.length).toBe(3)
  expect(copy?.length).toBe(2)
})
