import { expect, test } from 'vitest'
import { aSwitch, at, openLine, SEED_ID, START_MS, seeded, tapThin, vectors } from './helpers.ts'

// P2PMSG_LONG=1 plays ten times as many.
const TELEXES = process.env['P2PMSG_LONG'] === '1' ? 1_000_000 : 100_000
/** Budgets hold per second; this many telexes go by in one. */
const PER_SECOND = 1_000
const TAPPERS = 20
const AMPLIFICATION = 3

const HOSTILE = [
  '{}',
  '[]',
  'null',
  '{"+end":1}',
  '{"__proto__":{"+end":"x"}}',
  '{"_hop":-5,"+a":1}',
  '{"_line":1e308}',
  '{"_ring":"5"}',
  '{".tap":[{}]}',
  '{".tap":[{"is":"x"}]}',
  '{".see":["255.255.255.255:9"]}',
  '{"+key":["x"],"+sig":1}',
  '{"+pop":"th:1.1.1.1:1"}',
  `{"+end":"${SEED_ID}"}`,
  `{"+end":"${SEED_ID}","_ring":7,"_to":"1.2.3.4:5","_br":0}`,
  '{"+a":"\\ud800\\u0000"}',
  `{"a":${'['.repeat(50)}`,
]

/** One telex of the corpus, changed by cutting, splicing, flipping and repeating bytes. */
function mutated(corpus: readonly Uint8Array[], random: (below: number) => number): Uint8Array {
  let bytes = Buffer.from(corpus[random(corpus.length)] as Uint8Array)
  for (let changes = random(4); changes > 0; changes--) {
    const position = random(bytes.length + 1)
    switch (random(4)) {
      case 0:
        bytes = bytes.subarray(0, position)
        break
      case 1:
        if (position < bytes.length) bytes[position] = random(256)
        break
      case 2: {
        const other = corpus[random(corpus.length)] as Uint8Array
        bytes = Buffer.concat([bytes.subarray(0, position), other.subarray(random(other.length))])
        break
      }
      default:
        bytes = Buffer.concat([
          bytes.subarray(0, position),
          Buffer.from('{"[,:}]'.charAt(random(7))),
          bytes.subarray(position),
        ])
    }
  }
  return bytes.subarray(0, 1600)
}

test(`${TELEXES} mutated telexes: none throws, none makes the switch send more than its budgets`, {
  timeout: 300_000,
}, () => {
  const bytesOf = seeded(20_110_202)
  const random = (below: number) => Buffer.from(bytesOf(4)).readUInt32BE() % below
  const subject = aSwitch({ random: bytesOf, localNetwork: false })
  const captured = [
    '01-client-js-node20',
    '02-client-php82',
    '03-perl-seed-two-server-js-client-js-send-box',
    '05-perl-seed-node2010-wall-locker2011',
  ]
  const corpus = [
    ...captured.flatMap((name) => vectors<{ utf8: string }>(name).map(({ utf8 }) => utf8)),
    ...HOSTILE,
  ].map((text) => Buffer.from(text))
  const proved = new Set<string>()
  for (let i = 0; i < TAPPERS; i++) {
    const address = `9.1.${i}.1:12345`
    tapThin(subject, address, [{ has: ['+key'] }, { has: ['+end'] }, { has: ['+a'] }])
    proved.add(address)
  }
  const line = openLine(subject, '9.2.0.1:42424')
  proved.add('9.2.0.1:42424')
  corpus.push(
    Buffer.from(
      JSON.stringify({
        _line: line,
        '+end': SEED_ID,
        '.see': ['8.8.8.8:42424', '9.9.9.9:1'],
        '.tap': [{ has: ['+a'] }],
      }),
    ),
  )

  const nameOf = (ip: Uint8Array, port: number) => `${ip.subarray(12).join('.')}:${port}`
  const strangers = { bytes: 0, copies: 0, named: 0 }
  for (let i = 0; i < TELEXES; i++) {
    const nowMs = START_MS + Math.floor((i * 1000) / PER_SECOND)
    const from = random(4) === 0 ? '9.2.0.1:42424' : `${10 + random(3)}.${random(256)}.${random(4)}.1:${1 + random(3)}`
    const bytes = mutated(corpus, random)
    let answered = 0
    for (const { to, bytes: sent } of [
      ...subject.machine.receive(bytes, at(from), nowMs),
      ...subject.machine.tick(nowMs),
    ]) {
      const telex = JSON.parse(Buffer.from(sent).toString('utf8')) as Record<string, unknown>
      expect(Array.isArray(telex)).toBe(false)
      expect(sent.length).toBeLessThanOrEqual(1_400)
      const name = nameOf(to.ip, to.port)
      if ('_line' in telex && '_hop' in telex) strangers.copies++
      else if (name === from) answered += sent.length
      else if (!proved.has(name)) strangers.named++
    }
    if (!proved.has(from)) {
      expect(answered).toBeLessThanOrEqual(bytes.length * AMPLIFICATION)
      strangers.bytes += answered
    }
    expect(subject.machine.lines).toBeLessThanOrEqual(4096)
  }
  const seconds = TELEXES / PER_SECOND
  // Something must have been answered and relayed, or this test has seen nothing.
  expect(strangers.bytes).toBeGreaterThan(0)
  expect(strangers.copies).toBeGreaterThan(0)
  expect(strangers.copies).toBeLessThanOrEqual((200 + 2_000) * seconds + 400 + 4_000)
  expect(strangers.named).toBeLessThanOrEqual(2 * seconds + 10)
})
