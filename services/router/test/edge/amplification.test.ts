import { type Encodable, encodeRouterEntry, type Outgoing, recordTarget } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RESERVE_BYTES_PER_SECOND, UNPROVED_BYTES_PER_SECOND } from '../../src/edge/reply-cap.ts'
import { AnEdge, at, bodyOf, bytesOf, msg, query } from '../support/an-edge.ts'

const LONG = process.env.P2PMSG_LONG !== undefined
const RUNS = LONG ? 20_000 : 500
const TEST_MS_MAX = LONG ? 600_000 : 60_000

const address = fc
  .tuple(fc.constantFrom('192.0.2.', '198.51.100.', '127.0.0.', '2001:db8::'), fc.integer({ min: 1, max: 9 }))
  .map(([prefix, last]) => at(`${prefix}${last}`))

const method = fc.constantFrom('ping', 'find_node', 'get', 'get_peers', 'put', 'msg', 'sample_infohashes', '')
const bytes = (maxLength: number) => fc.uint8Array({ maxLength })

/** Any arguments, with those that bring long answers in plenty. */
function args(edge: AnEdge): fc.Arbitrary<Readonly<Record<string, Encodable>>> {
  const target = fc.constantFrom<Uint8Array>(
    recordTarget(edge.receiver.publicKey),
    Buffer.alloc(20, 1),
    Buffer.alloc(5),
  )
  const want = fc.constantFrom(['n4'], ['n6'], ['n4', 'n6'], ['n6', 'n6', 'n4', 'n4', 'n4'], [])
  const fields = {
    target,
    want,
    info_hash: target,
    seq: fc.integer({ min: -1, max: 9 }),
    pad: bytes(1000),
    token: bytes(9),
  }
  return fc.record(fields, { requiredKeys: [] })
}

function anEdge(): AnEdge {
  const edge = new AnEdge()
  for (let i = 1; i <= 20; i++) {
    const endpoint = { host: i % 2 ? `198.51.100.${i}` : `2001:db8::${i}`, port: 42_424 }
    edge.routers.put(`router ${i}`, encodeRouterEntry({ id: Buffer.alloc(20, i), endpoint }), edge.nowMs)
  }
  return edge
}

test('an address that has proved nothing is never sent more than three times the bytes that came from it', {
  timeout: TEST_MS_MAX,
}, () => {
  const maker = anEdge()
  const step = fc.record({
    from: address,
    method,
    args: args(maker),
    t: fc.string({ maxLength: 64, unit: 'binary-ascii' }),
    passMs: fc.nat(2_000),
  })
  let answered = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const edge = anEdge()
      for (const { from, method, args, t, passMs } of steps) {
        const request = query(method, args, t)
        const answers = edge.receive(request, from)
        answered += answers.length
        expect(answers.every(({ to }) => to === from)).toBe(true)
        expect(bytesOf(answers)).toBeLessThanOrEqual(3 * request.length)
        expect(edge.pass(passMs)).toEqual([])
      }
    }),
    { numRuns: RUNS },
  )
  expect(answered).toBeGreaterThan(RUNS)
})

test('nor by messages with tokens that are not its own', () => {
  const edge = anEdge()
  const token = edge.token(at('192.0.2.1'))
  for (let i = 0; i < 1_000; i++) {
    const request = msg(edge.message('x'.repeat(i % 900)), token)
    const answers = edge.receive(request, at(`198.51.${i % 256}.1`))
    expect(bytesOf(answers)).toBeLessThanOrEqual(request.length)
    edge.pass(10)
  }
  expect(edge.published).toHaveLength(0)
})

test('whoever forges sources gets no more out of us than the cap and the reserve, and newcomers still get tokens', {
  timeout: TEST_MS_MAX,
}, () => {
  const edge = anEdge()
  const target = recordTarget(edge.receiver.publicKey)
  const request = query('get', { target, pad: Buffer.alloc(250) })
  const [perMs, seconds] = [20, 1]
  let [sent, served] = [0, 0]
  for (let i = 0; i < perMs * seconds * 1_000; i++) {
    const ip = at('10.0.0.1').ip.slice()
    ip.set([i >> 16, (i >> 8) & 255, i & 255], 12)
    sent += bytesOf(edge.receive(request, { ip, port: 1_000 }))
    if (i % perMs === 0) edge.nowMs++
    if (i % 1_000 !== 999 || i < 10_000) continue
    // the cap is used up; the reserve gives a token to somebody who was never here
    const newcomer = at(`203.0.${Math.floor(i / 1_000)}.1`)
    served += tokens(edge.ask('get', { target: Buffer.alloc(20), pad: Buffer.alloc(300) }, newcomer))
  }
  expect(served).toBe(10)
  expect(sent).toBeGreaterThan(seconds * UNPROVED_BYTES_PER_SECOND)
  const full = seconds + 1 // the buckets were full at the start
  expect(sent).toBeLessThanOrEqual(full * (UNPROVED_BYTES_PER_SECOND + RESERVE_BYTES_PER_SECOND))
})

function tokens(answers: readonly Outgoing[]): number {
  return answers.filter((answer) => bodyOf(answer).bytes('token')?.length === 8).length
}
