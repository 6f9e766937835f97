import { bencode, Raw, recordTarget } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { AnEdge, at, bytesOf, msg, query } from '../support/an-edge.ts'

const LONG = process.env.P2PMSG_LONG !== undefined
const MUTATIONS = LONG ? 1_000_000 : 20_000
const TEST_MS_MAX = LONG ? 600_000 : 60_000

/** A small generator (xorshift32) whose seed is in every failure's message. */
function dice(seed: number): (sides: number) => number {
  let state = seed || 1
  return (sides) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % sides
  }
}

function corpus(edge: AnEdge): Buffer[] {
  const target = recordTarget(edge.receiver.publicKey)
  const from = at('192.0.2.1')
  return [
    query('ping', {}),
    query('find_node', { target, want: ['n4', 'n6'] }),
    query('get', { target, seq: 3, pad: Buffer.alloc(200) }),
    query('vote', { target }),
    msg(edge.message(), edge.token(from)),
    msg({ ...edge.message(), value: bencode({ b: 'text', t: 'text/plain', x: 1 }) }, edge.token(from)),
    bencode({ t: 'aaaa', y: 'r', r: { id: Buffer.alloc(20), nodes: Buffer.alloc(52) } }),
    bencode({ t: 'aaaa', y: 'e', e: [203, 'no'] }),
  ].map((bytes) => Buffer.from(bytes))
}

const SCRAPS = ['d', 'e', 'l', 'i', ':', '-', '0', 'i-0e', '99999999999:', '1:y', '1:a', '2:id', '4:salt', 'ld', '\xff']

function mutate(bytes: Buffer, roll: (sides: number) => number): Buffer {
  const where = roll(bytes.length + 1)
  switch (roll(6)) {
    case 0: {
      const flipped = Buffer.from(bytes)
      if (flipped.length > 0) flipped[where % flipped.length] = roll(256)
      return flipped
    }
    case 1:
      return bytes.subarray(0, where)
    case 2:
      return Buffer.concat([
        bytes.subarray(0, where),
        Buffer.from(SCRAPS[roll(SCRAPS.length)] ?? '', 'latin1'),
        bytes.subarray(where),
      ])
    case 3:
      return Buffer.concat([bytes.subarray(0, where), bytes.subarray(where + 1 + roll(8))])
    case 4:
      return Buffer.concat([bytes.subarray(0, where), bytes.subarray(roll(bytes.length + 1))])
    default:
      return Buffer.concat([bytes.subarray(0, where), Buffer.alloc(roll(40), roll(256)), bytes.subarray(where)])
  }
}

test('no datagram, however mangled, makes the edge throw or send too much', { timeout: TEST_MS_MAX }, () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const roll = dice(seed)
  const edge = new AnEdge()
  const known = corpus(edge)
  let answered = 0
  for (let i = 0; i < MUTATIONS; i++) {
    let bytes = known[roll(known.length)] as Buffer
    for (let times = 1 + roll(4); times > 0; times--) bytes = mutate(bytes, roll)
    const said = `seed ${seed}, datagram ${i}: ${bytes.toString('hex')}`
    const answers = edge.receive(bytes, at(`10.${roll(256)}.${roll(256)}.1`))
    expect(bytesOf(answers), said).toBeLessThanOrEqual(3 * bytes.length)
    answered += answers.length
    if (i % 64 === 0) edge.pass(3)
  }
  expect(answered).toBeGreaterThan(MUTATIONS / 100) // most of it is noise, but not all
})

/** Datagrams that are not KRPC, each for another reason or at another place. */
function malformed(edge: AnEdge): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  const add = (bytes: Buffer | string) => {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    found.set(buffer.toString('hex'), buffer)
  }
  const whole = corpus(edge)
  for (const bytes of whole) for (let end = 0; end < bytes.length; end++) add(bytes.subarray(0, end))
  for (let first = 0; first < 256; first++) if (first !== 0x64) add(Buffer.concat([Buffer.of(first), Buffer.alloc(60)]))
  const id = `2:id20:${'a'.repeat(20)}`
  const frame = (a: string, rest = '1:q4:ping1:t2:aa1:y1:q') => `d1:ad${a}e${rest}e`
  for (const integer of [
    '-0',
    '01',
    '+1',
    '1.5',
    '',
    '-',
    '9223372036854775808',
    '-9223372036854775809',
    '0x1',
    ' 1',
    '1 ',
  ]) {
    add(frame(`${id}3:seqi${integer}e`))
    add(frame(id, `1:q4:ping2:roi${integer}e1:t2:aa1:y1:q`))
  }
  for (const length of ['-1', '00', '02', '+2', '1472', '99999999', '4294967297', '1e1', ' 2', '2 ']) {
    add(frame(`${id}3:pad${length}:aa`))
    add(frame(id, `1:q${length}:ping1:t2:aa1:y1:q`))
  }
  for (let depth = 10; depth < 60; depth++) add(frame(`${id}3:pad${'l'.repeat(depth)}${'e'.repeat(depth)}`))
  for (let tokens = 500; tokens < 560; tokens++) add(frame(`${id}3:padl${'0:'.repeat(tokens)}e`))
  for (const key of ['i1e', 'le', 'de']) add(frame(`${id}${key}1:x`))
  for (const other of ['i5e', 'le', 'de', '0:', '19:aaaaaaaaaaaaaaaaaaa', '21:aaaaaaaaaaaaaaaaaaaaa'])
    add(frame(`2:id${other}`))
  add(frame(''))
  add(frame(`${id}${id}`))
  for (const y of ['1:x', '2:qq', '0:', 'i1e', 'le', 'de']) add(frame(id, `1:q4:ping1:t2:aa1:y${y}`))
  for (const q of ['i1e', 'le', 'de', `33:${'x'.repeat(33)}`]) add(frame(id, `1:q${q}1:t2:aa1:y1:q`))
  for (const t of ['i1e', 'le', 'de']) add(frame(id, `1:q4:ping1:t${t}1:y1:q`))
  for (let length = 65; length < 80; length++) add(frame(id, `1:q4:ping1:t${length}:${'t'.repeat(length)}1:y1:q`))
  for (const rest of ['1:t2:aa1:y1:q', '1:q4:ping1:y1:q', '1:q4:ping1:t2:aa']) add(frame(id, rest))
  for (const a of ['i1e', 'le', '0:']) add(`d1:a${a}1:q4:ping1:t2:aa1:y1:qe`)
  for (let length = 1473; length < 1500; length++)
    add(bencode({ ...PING, a: { id: Buffer.alloc(20), pad: Buffer.alloc(length - 70) } }) as Buffer)
  for (const r of ['i1e', 'le', 'de', '0:']) add(`d1:r${r}1:t2:aa1:y1:re`)
  for (const e of ['i1e', 'le', '0:', 'li203ee']) add(`d1:e${e}1:t2:aa1:y1:ee`)
  return found
}

const PIPE_FRAME = 0xfa
const PING = { t: 'aaaa', y: 'q', q: 'ping', v: new Raw(Buffer.from('4:pm\x00\x01', 'latin1')) }

test('a thousand kinds of malformed datagram get no reply, from strangers and from the proved', () => {
  const edge = new AnEdge()
  const friend = at('192.0.2.1')
  edge.post(edge.message(), friend)
  edge.pass(3)
  expect(edge.ask('ping', {}, friend)).toHaveLength(1)
  const kinds = malformed(edge)
  expect(kinds.size).toBeGreaterThan(1_000)
  let stranger = 0
  for (const [hex, bytes] of kinds) {
    if (bytes[0] === PIPE_FRAME) {
      // Well-formed as far as anybody without its key can tell: RESET, which is shorter.
      for (const reset of edge.receive(bytes, friend)) expect(reset.bytes.length, hex).toBeLessThan(bytes.length)
      continue
    }
    expect(edge.receive(bytes, friend), hex).toEqual([])
    expect(edge.receive(bytes, at(`10.${stranger >> 8}.${stranger++ & 255}.1`)), hex).toEqual([])
  }
  expect(edge.published).toHaveLength(1)
  expect(edge.ask('ping', {}, friend)).toHaveLength(1)
})
