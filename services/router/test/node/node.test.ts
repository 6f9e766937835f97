import {
  encodeItem,
  encodeRouterEntry,
  itemOf,
  KRPC_OUT_BYTES_MAX,
  openRecord,
  parseCompactNodes,
  recordTarget,
  toHex,
} from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { AnEdge, at, bodyOf, bytesOf, frameOf, NODE_ID, query, wordOf } from '../support/an-edge.ts'

const PEER = at('192.0.2.1')
const PAD = Buffer.alloc(400)

function anEdgeWithRouters(): AnEdge {
  const edge = new AnEdge()
  for (let i = 1; i <= 12; i++) {
    const endpoint = { host: i > 10 ? `2001:db8::${i}` : `198.51.100.${i}`, port: 42_424 }
    edge.routers.put(`router ${i}`, encodeRouterEntry({ id: Buffer.alloc(20, i), endpoint }), edge.nowMs)
  }
  return edge
}

function nodesOf(body: ReturnType<typeof bodyOf>, family: 4 | 6 = 4): number[] {
  const list = body.bytes(family === 4 ? 'nodes' : 'nodes6') ?? new Uint8Array(0)
  return parseCompactNodes(list, family).map(({ id }) => id[0] as number)
}

test('ping is answered with our id and the address that asked', () => {
  const [answer, ...more] = new AnEdge().ask('ping', {}, PEER)
  const frame = frameOf(answer)
  expect(more).toEqual([])
  expect(frame).toMatchObject({ kind: 'reply', id: NODE_ID, ip: Buffer.from('c00002011388', 'hex') })
})

test('a read-only asker is answered too', () => {
  const edge = new AnEdge()
  const bytes = Buffer.from(`d1:ad2:id20:${'a'.repeat(20)}e1:q4:ping2:roi1e1:t2:aa1:y1:qe`)
  expect(edge.receive(bytes, PEER).map((out) => frameOf(out).kind)).toEqual(['reply'])
})

describe('find_node', () => {
  test("the cluster's own routers, closest first, eight of them", () => {
    const answer = anEdgeWithRouters().ask('find_node', { target: Buffer.alloc(20, 8), pad: PAD }, PEER)
    expect(nodesOf(bodyOf(answer[0]))).toEqual([8, 9, 10, 1, 2, 3, 4, 5].sort((a, b) => (a ^ 8) - (b ^ 8)))
  })

  test('of the families asked for', () => {
    const edge = anEdgeWithRouters()
    const six = bodyOf(edge.ask('find_node', { target: NODE_ID, want: ['n6'] }, PEER)[0])
    expect(new Set(nodesOf(six, 6))).toEqual(new Set([11, 12]))
    expect(six.get('nodes')).toBeUndefined()
    const both = bodyOf(edge.ask('find_node', { target: NODE_ID, want: ['n4', 'n6', 'x'], pad: PAD }, PEER)[0])
    expect(nodesOf(both)).toHaveLength(8)
    expect(nodesOf(both, 6)).toHaveLength(2)
    expect(nodesOf(bodyOf(edge.ask('find_node', { target: NODE_ID }, at('2001:db8::99'))[0]), 6)).toHaveLength(2)
  })

  test('a router that no longer refreshes its entry, or is at no address, is not named', () => {
    const edge = new AnEdge()
    edge.routers.put('gone', encodeRouterEntry({ id: NODE_ID, endpoint: { host: '192.0.2.7', port: 1 } }), edge.nowMs)
    edge.routers.put('name', encodeRouterEntry({ id: NODE_ID, endpoint: { host: 'example.org', port: 1 } }), edge.nowMs)
    expect(nodesOf(bodyOf(edge.ask('find_node', { target: NODE_ID }, PEER)[0]))).toHaveLength(1)
    edge.nowMs += 31_000
    expect(nodesOf(bodyOf(edge.ask('find_node', { target: NODE_ID }, PEER)[0]))).toHaveLength(0)
  })

  test('replicas behind one address are one node', () => {
    const edge = new AnEdge()
    const entry = encodeRouterEntry({ id: NODE_ID, endpoint: { host: '192.0.2.7', port: 1 } })
    for (const name of ['one', 'two']) edge.routers.put(name, entry, edge.nowMs)
    expect(nodesOf(bodyOf(edge.ask('find_node', { target: NODE_ID }, PEER)[0]))).toHaveLength(1)
    edge.routers.remove('one')
    edge.routers.remove('two')
    expect(nodesOf(bodyOf(edge.ask('find_node', { target: NODE_ID }, PEER)[0]))).toHaveLength(0)
  })
})

describe('get', () => {
  test("a hosted receiver's record, as its owner signed it, with a token and nodes", () => {
    const edge = anEdgeWithRouters()
    const target = recordTarget(edge.receiver.publicKey)
    const [answer, ...more] = edge.ask('get', { target, pad: PAD }, PEER)
    expect(more).toEqual([])
    const body = bodyOf(answer)
    // a reply leaves the salt out: the asker knows it
    const item = itemOf(body)
    if (!item.ok) throw new Error(item.fault)
    const record = openRecord({ ...item.value, salt: Buffer.from('p2pmsg') })
    expect(record.ok && record.value.endpoints).toEqual([{ host: '127.0.0.1', port: 42_424 }])
    expect(encodeItem(edge.receivers.record(target) as never)).toEqual(
      encodeItem({ ...item.value, salt: Buffer.from('p2pmsg') }),
    )
    expect(edge.tokens.check(body.bytes('token') as Uint8Array, PEER.ip, target, edge.nowMs)).toBe(true)
    expect(nodesOf(body).length).toBeGreaterThanOrEqual(4)
    expect(answer?.bytes.length).toBeLessThanOrEqual(KRPC_OUT_BYTES_MAX)
  })

  test('an asker who has the record already gets only its number', () => {
    const edge = new AnEdge()
    const target = recordTarget(edge.receiver.publicKey)
    const body = bodyOf(edge.ask('get', { target, seq: 7 }, PEER)[0])
    expect(body.int('seq')).toBe(7n)
    expect([...body.keys()].sort()).toEqual(['id', 'nodes', 'seq', 'token'])
    expect(bodyOf(edge.ask('get', { target, seq: 6, pad: PAD }, PEER)[0]).get('v')).toBeDefined()
  })

  test('for what is not held, token and nodes', () => {
    const body = bodyOf(anEdgeWithRouters().ask('get', { target: Buffer.alloc(20, 1), pad: PAD }, PEER)[0])
    expect([...body.keys()].sort()).toEqual(['id', 'nodes', 'token'])
  })

  test('a record too large for an unproved address: token, nodes and a ping; after the pong, the record', () => {
    const edge = anEdgeWithRouters()
    const get = query('get', { target: recordTarget(edge.receiver.publicKey) })
    const [first, ping, ...more] = edge.receive(get, PEER)
    expect(more).toEqual([])
    expect(bodyOf(first).get('v')).toBeUndefined()
    expect(bodyOf(first).bytes('token')).toHaveLength(8)
    expect(bytesOf([first as never, ping as never])).toBeLessThanOrEqual(3 * get.length)
    const asked = frameOf(ping)
    expect(asked).toMatchObject({ kind: 'query', method: 'ping' })
    // a pong from elsewhere, or under another transaction id, proves nothing
    edge.receive(pong(asked.t), at('192.0.2.2'))
    edge.receive(pong(Buffer.from('nope')), PEER)
    expect(bodyOf(edge.receive(get, PEER)[0]).get('v')).toBeUndefined()
    expect(edge.receive(pong(asked.t), PEER)).toEqual([])
    const [second, ...none] = edge.receive(get, PEER)
    expect(none).toEqual([])
    expect(bodyOf(second).get('v')).toBeDefined()
    edge.nowMs += 601_000
    expect(bodyOf(edge.receive(get, PEER)[0]).get('v')).toBeUndefined()
  })
})

describe('a router that is a node of its own', () => {
  const asker = { id: Buffer.alloc(20, 3), address: PEER }

  test('asks who asks it back, names it once it has answered, and asks nobody twice', () => {
    const edge = new AnEdge({ originates: true })
    const [, ping, ...more] = edge.ask('find_node', { target: NODE_ID, pad: PAD }, PEER)
    expect(more).toEqual([])
    const asked = frameOf(ping)
    expect(asked).toMatchObject({ kind: 'query', method: 'ping' })
    expect(edge.ask('ping', {}, PEER)).toHaveLength(1)
    expect(edge.receive(pong(asked.t, asker.id), at('192.0.2.9'))).toEqual([])
    expect(edge.parts.node.size).toBe(0)
    expect(edge.receive(pong(asked.t, asker.id), PEER)).toEqual([])
    expect(edge.parts.node.size).toBe(1)
    const other = bodyOf(edge.ask('find_node', { target: NODE_ID, pad: PAD }, at('198.51.100.1'))[0])
    expect(nodesOf(other)).toEqual([3])
    // the pong has proved the address, for messages and answers alike
    expect(edge.parts.admission.proved(PEER.ip, edge.nowMs)).toBeDefined()
  })

  test('a read-only asker is answered and left alone', () => {
    const edge = new AnEdge({ originates: true })
    const bytes = Buffer.from(`d1:ad2:id20:${'a'.repeat(20)}e1:q4:ping2:roi1e1:t2:aa1:y1:qe`)
    expect(edge.receive(bytes, PEER)).toHaveLength(1)
  })
})

test('what is unknown is answered as find_node if it names a target, else as unknown', () => {
  const edge = anEdgeWithRouters()
  expect(nodesOf(bodyOf(edge.ask('get_peers', { info_hash: NODE_ID, pad: PAD }, PEER)[0]))).toHaveLength(8)
  expect(edge.ask('vote', {}, PEER).map((out) => frameOf(out))).toMatchObject([{ kind: 'error', code: 204 }])
  expect(edge.ask('get', {}, PEER).map((out) => frameOf(out))).toMatchObject([{ kind: 'error', code: 203 }])
  expect(edge.ask('find_node', { target: 'short' }, PEER).map((out) => frameOf(out))).toMatchObject([{ code: 203 }])
})

test('a receiver whose entry changes is found under its new record', () => {
  const edge = new AnEdge()
  const name = toHex(edge.receiver.publicKey)
  edge.receivers.put(name, Buffer.from('{}'), edge.nowMs) // what does not parse changes nothing
  expect(edge.post(edge.message(), PEER)).toEqual([])
  edge.host(edge.receiver, { perSecond: 1, burst: 1 })
  expect(edge.post(edge.message(), PEER)).toEqual([])
  edge.host(edge.receiver, { perSecond: 1, burst: 1 }, { valueBytesMax: 800 }) // the bucket stays as empty as it was
  expect(edge.post(edge.message(), PEER).map(wordOf)).toEqual(['rate-limited retry-after=1000'])
})

function pong(t: Uint8Array, id: Uint8Array = Buffer.alloc(20, 'b')): Uint8Array {
  return Buffer.concat([Buffer.from('d1:rd2:id20:'), id, Buffer.from(`e1:t${t.length}:`), t, Buffer.from('1:y1:re')])
}
