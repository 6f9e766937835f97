// A node is no burden to others: it asks none of them more often than twice a second in the long run, and one of several replicas
// behind an address speaks to nobody who has not just spoken to it.
import { encodeQuery, parseFrame, parseIp, type UdpAddress } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { addressOf, aNode, bytesOf, NOW } from './support.ts'

const SECOND_MS = 1000
const LOOKUPS = 200

/** When a node with a single contact sends something there, in seconds, while it is asked for more and more. */
function sendTimes(contact: UdpAddress): number[] {
  const node = aNode()
  const times: number[] = []
  let now = NOW
  const heard = (outgoing: ReturnType<typeof node.tick>) => {
    for (const { bytes } of outgoing) {
      const frame = parseFrame(bytes)
      times.push((now - NOW) / SECOND_MS)
      if (!frame.ok || frame.value.kind !== 'query') continue
      const reply = encodeReplyOf(frame.value.t)
      heard(node.receive(reply, contact, now))
    }
  }
  heard(node.bootstrap([contact], now))
  for (let i = 0; i < LOOKUPS; i++) {
    heard(node.operations.find(bytesOf(`target ${i}`), now, () => undefined))
    now += 50
    heard(node.tick(now))
  }
  return times
}

const encodeReplyOf = (t: Uint8Array) =>
  Buffer.concat([
    Buffer.from('d1:rd2:id20:'),
    bytesOf('contact'),
    Buffer.from(`e1:t${t.length}:`),
    t,
    Buffer.from('1:y1:re'),
  ])

test('one node is asked twice a second and a few times more at once, however much there is to ask', () => {
  const times = sendTimes(addressOf(1))
  const [seconds, burst] = [(LOOKUPS * 50) / SECOND_MS, 6]
  expect(times.length).toBeLessThanOrEqual(2 * seconds + burst)
  expect(times.length).toBeGreaterThan(2 * seconds - 2)
  for (const at of times) {
    expect(times.filter((other) => other >= at && other < at + 1).length).toBeLessThanOrEqual(2 + burst)
  }
})

test('in a network of one’s own nobody is spared', () => {
  const local = { ip: parseIp('10.1.2.3') as Uint8Array, port: 6881 }
  expect(sendTimes(local).length).toBeGreaterThanOrEqual(LOOKUPS)
})

test('a replica that only responds sends nothing but to who has just asked, whatever it is told and however long it lives', () => {
  const node = aNode({ responderOnly: true })
  for (let step = 0; step < 500; step++) {
    const from = addressOf(step % 40)
    const query = encodeQuery(bytesOf(step, 4), ['ping', 'find_node', 'get', 'get_peers', 'vote'][step % 5] ?? '', {
      id: bytesOf(`asker ${step % 40}`),
      target: bytesOf(`target ${step % 7}`),
      info_hash: bytesOf(`target ${step % 7}`),
    })
    const now = NOW + step * 60 * SECOND_MS
    for (const { to } of node.receive(query, from, now)) expect(to).toEqual(from)
    expect(node.tick(now + 30 * SECOND_MS)).toEqual([])
  }
  expect(node.size).toBe(0)
})
