import { describe, expect, test } from 'vitest'
import { aSwitch, at, openLine, SEED, SEED_ID, START_MS, sentOf, tapThin } from './helpers.ts'

const MESSAGE = { '+key': 'ab', '+sig': 'cd', '+message': 'hello', '+end': SEED_ID, _hop: 1 }
const A = '9.0.2.1:12345'
const B = '9.0.2.2:12345'
const STRANGER = '198.51.100.7:34344'
const PUBLIC = '8.8.8.8:42424'

describe('strangers', () => {
  test.each([
    '{}',
    '{"+end":1}',
    '{"+end":""}',
    `{"+end":"${SEED_ID}","_hop":1}`,
    '{"_ring":5}',
    '[]',
    'null',
    '',
    '{"_hop":-1,".tap":[]}',
  ])('%s gets no answer', (text) => {
    expect(aSwitch().play(STRANGER, text)).toEqual([])
  })

  test('leave no state, however many they are', () => {
    const subject = aSwitch()
    for (let i = 0; i < 1000; i++) subject.play(`10.${i % 250}.1.1:${i + 1}`, MESSAGE)
    expect(subject.machine.lines).toBe(0)
    expect(subject.machine.deadline).toBeUndefined()
  })

  test('of one network are answered 100 times at once and 20 times a second', () => {
    const subject = aSwitch()
    const asked = (nowMs: number) =>
      Array.from({ length: 150 }, (_, i) => subject.play(`198.51.100.${i}:1`, { '+end': SEED_ID }, nowMs)).flat().length
    expect(asked(START_MS)).toBe(100)
    expect(asked(START_MS + 1000)).toBe(20)
  })

  test('that say to whom they speak and neither ring nor line are told nothing but whom to ask', () => {
    // get-telehash as an announcer takes no ring above 32768 and drops the whole answer with it.
    const [answer] = aSwitch().play(STRANGER, { '+end': SEED_ID, _to: SEED })
    expect(Object.keys(answer?.telex ?? {})).toEqual(['.see', '_br', '_to'])
  })

  test('without a line are 50 signals a second in all, and 200 copies', () => {
    const subject = aSwitch({ rates: { prefix: { perSecond: 1e6, burst: 1e6 } } })
    for (let i = 0; i < 10; i++) tapThin(subject, `192.0.2.${i}:1`)
    const copiesAt = (nowMs: number) =>
      Array.from({ length: 500 }, (_, i) => subject.play(`10.0.${i % 250}.1:9`, { ...MESSAGE, i, nowMs }, nowMs)).flat()
        .length
    expect(copiesAt(START_MS + 60_000)).toBe(400)
    subject.messages.length = 0
    expect(copiesAt(START_MS + 61_000)).toBe(200)
    expect(subject.messages).toHaveLength(50)
  })
})

describe('tappers', () => {
  test('on a switch get what strangers say there, the speaker included when it taps itself', () => {
    const subject = aSwitch()
    const line = tapThin(subject, A)
    tapThin(subject, B)
    expect(subject.play(STRANGER, MESSAGE).map(({ to, telex }) => [to, telex['_hop']])).toEqual([
      [A, 2],
      [B, 2],
    ])
    const { _hop: _, ...fromSendBox } = MESSAGE
    const said = subject.play(A, { ...fromSendBox, _line: line })
    expect(said.map(({ to, telex }) => [to, telex['_hop'], '.see' in telex])).toEqual([
      [A, undefined, true],
      [A, 1, false],
      [B, 1, false],
    ])
    expect(subject.messages).toHaveLength(2)
  })

  test('on another replica get it too, once, with the same hop and without the line of its sender', () => {
    const [heard, other] = [aSwitch(), aSwitch()]
    const line = tapThin(heard, A)
    tapThin(other, B)
    heard.play(A, { ...MESSAGE, _line: line })
    const signal = heard.signals.at(-1)
    expect(Buffer.from(signal?.bytes ?? []).toString()).not.toContain(String(line))
    const copies = sentOf(other.machine.relay(signal?.bytes ?? Buffer.alloc(0), signal?.proved ?? false, START_MS))
    expect(copies.map(({ to, telex }) => [to, telex['_hop']])).toEqual([[B, 2]])
    expect(other.signals.some(({ bytes }) => Buffer.from(bytes).includes('+key'))).toBe(false)
    expect(other.messages).toEqual([])
  })

  test('cannot find out other peers’ lines by tapping for them', () => {
    const subject = aSwitch()
    const line = tapThin(subject, A)
    tapThin(subject, B, [{ is: { _line: String(line) } }, { has: ['_line'] }])
    expect(subject.play(A, { _line: line, '+a': '1', _hop: 1 }).map(({ to }) => to)).toEqual([])
  })

  test('are not sent what would crash an original', () => {
    const subject = aSwitch()
    tapThin(subject, A)
    for (const bad of [{ '+sig': 5 }, { '+sig': undefined }, { '+key': ['ab'] }, { '+key': {} }, { '+message': 1 }]) {
      expect(subject.play(STRANGER, { ...MESSAGE, ...bad })).toEqual([])
    }
    expect(subject.counts.get('would-crash')).toBe(5)
    expect(subject.messages).toEqual([])
  })

  test('hear nothing above 1,400 bytes', () => {
    const subject = aSwitch()
    tapThin(subject, A)
    expect(subject.play(STRANGER, { ...MESSAGE, '+message': 'x'.repeat(1_100) })[0]?.bytes).toBeLessThanOrEqual(1_400)
    expect(subject.play(STRANGER, { ...MESSAGE, '+message': 'x'.repeat(1_250) })).toEqual([])
    expect(subject.counts.get('relay-too-large')).toBe(1)
  })

  test('get a telex at least every 25 s, strangers none', () => {
    const subject = aSwitch()
    const line = tapThin(subject, A)
    openLine(subject, B)
    subject.play(STRANGER, { '+end': SEED_ID })
    let last = START_MS
    for (let nowMs = START_MS; nowMs < START_MS + 60_000; nowMs = Math.max(nowMs + 500, 0)) {
      for (const { to, telex } of sentOf(subject.machine.tick(nowMs))) {
        expect(to).toBe(A)
        expect(telex['_line']).toBe(line)
        expect(nowMs - last).toBeLessThanOrEqual(25_000)
        last = nowMs
        subject.play(A, { '.tap': [{ has: ['+key'] }], _line: line, _to: SEED }, nowMs)
      }
    }
    expect(last).toBeGreaterThan(START_MS + 30_000)
  })
})

describe('messages', () => {
  test('said twice within two seconds by one address are one, later or by another they are two', () => {
    const subject = aSwitch()
    subject.play(STRANGER, MESSAGE, START_MS)
    subject.play(STRANGER, MESSAGE, START_MS + 1_999)
    expect(subject.messages).toHaveLength(1)
    subject.play('198.51.100.7:34345', MESSAGE, START_MS + 1_999)
    subject.play(STRANGER, MESSAGE, START_MS + 2_001)
    expect(subject.messages).toHaveLength(3)
    expect(subject.counts.get('duplicate')).toBe(1)
  })
})

describe('addresses that others name', () => {
  const pops = (sent: { to: string; telex: Record<string, unknown> }[]) =>
    sent.map(({ to, telex }) => [to, '+pop' in telex])

  test('are asked once, with a hole made by whoever named them', () => {
    const subject = aSwitch({ localNetwork: false })
    const line = openLine(subject, A)
    const see = { _line: line, '.see': [PUBLIC, SEED, A] }
    const sent = subject.play(A, see)
    expect(pops(sent)).toEqual([
      [PUBLIC, false],
      [A, true],
    ])
    expect(sent[0]?.telex).toMatchObject({ '+end': SEED_ID, _br: 0, _to: PUBLIC })
    expect(subject.play(A, see)).toEqual([])
  })

  test('have a line when they answer with the product and the bytes that they were sent', () => {
    for (const [wrong, opened] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const subject = aSwitch({ localNetwork: false })
      const line = openLine(subject, A)
      const [dial] = subject.play(A, { _line: line, '.see': [PUBLIC] })
      const answer = { _line: (dial?.telex['_ring'] as number) * 77, _br: (dial?.bytes ?? 0) + wrong, _to: SEED }
      subject.play(PUBLIC, answer)
      expect(subject.machine.lines).toBe(1 + opened)
    }
  })

  test('are never private, reserved, multicast, broadcast, names or IPv6, and never told to others', () => {
    const subject = aSwitch({ localNetwork: false })
    const line = openLine(subject, A)
    for (const bad of [
      '10.0.0.1:1',
      '127.0.0.1:42424',
      '192.168.1.1:1',
      '224.0.0.1:1',
      '255.255.255.255:9',
      '0.0.0.0:1',
      '8.8.8.8:0',
      'telehash.org:42424',
      '[2001:db8::1]:1',
      'x',
      '999.1.1.1:1',
    ]) {
      expect(subject.play(A, { _line: line, '.see': [bad] })).toEqual([])
      const pop = { _line: line, '+end': SEED_ID, '+pop': `th:${bad}`, _hop: 1 }
      expect(subject.play(A, pop)).toEqual([])
    }
    const local = openLine(subject, '10.0.0.9:42424')
    subject.play('10.0.0.9:42424', { _line: local, '.see': ['10.0.0.9:42424'] })
    const [answer] = subject.play(STRANGER, { '+end': SEED_ID })
    expect(answer?.telex['.see']).toEqual([SEED])
  })

  test('are not contacted by a switch that only answers, nor above the budget, nor one host with many ports', () => {
    const names = Array.from({ length: 40 }, (_, i) => `8.8.${i}.8:42424`)
    const dialled = (subject: ReturnType<typeof aSwitch>, see: string[]) => {
      const line = openLine(subject, A)
      const sent = see.flatMap((name) => subject.play(A, { _line: line, '.see': [name] }))
      return sent.filter(({ to }) => to !== A).length
    }
    expect(dialled(aSwitch({ originate: false, localNetwork: false }), names)).toBe(0)
    expect(dialled(aSwitch({ localNetwork: false }), names)).toBe(10)
    expect(
      dialled(
        aSwitch({ localNetwork: false }),
        names.map((_, i) => `8.8.8.8:${i + 1}`),
      ),
    ).toBe(1)
  })

  test('in +pop are relayed for a proved sender’s own host alone', () => {
    const subject = aSwitch()
    tapThin(subject, B, [{ has: ['+pop'] }])
    const line = openLine(subject, A)
    const pop = { '+end': 'f'.repeat(40), '+pop': `th:${A}`, _hop: 1 }
    expect(subject.play(A, pop)).toEqual([])
    expect(subject.play(A, { ...pop, _line: line, '+pop': `th:${PUBLIC}` })).toEqual([])
    expect(subject.play(A, { ...pop, _line: line, '+pop': 5 })).toEqual([])
    expect(pops(subject.play(A, { ...pop, _line: line }))).toEqual([[B, true]])
  })
})

test('who answers is told to others, once it says that it may be', () => {
  const subject = aSwitch()
  const line = openLine(subject, A)
  const seenBy = () => subject.play(STRANGER, { '+end': SEED_ID })[0]?.telex['.see']
  expect(seenBy()).toEqual([SEED])
  subject.play(A, { _line: line, '.see': [A] })
  expect(seenBy()).toEqual(expect.arrayContaining([SEED, A]))
  subject.machine.tick(START_MS + 80_000)
  expect(seenBy()).toEqual([SEED])
  expect(subject.machine.receive(Buffer.from([0xff, 0xfe]), at(A), START_MS)).toEqual([])
})
