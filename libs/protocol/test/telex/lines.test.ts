import { describe, expect, test } from 'vitest'
import { aSwitch, openLine, SEED, SEED_ID, START_MS, seeded, tapThin } from './helpers.ts'

const SIGNAL = { '+a': '1', _hop: 1 }
const THIN_TAP = [{ has: ['+a'] }]
const A = '192.0.2.1:4000'
const HOUR_MS = 3_600_000

describe('a thin client', () => {
  test('is adopted by any replica and by any later process of the same secret', () => {
    const line = tapThin(aSwitch(), A, THIN_TAP)
    const replica = aSwitch({ random: seeded(2) })
    replica.play(A, { '.tap': THIN_TAP, _line: line, _to: SEED })
    expect(replica.play('192.0.2.2:1', SIGNAL).map(({ to }) => to)).toEqual([A])
  })

  test('is told a new ring when its old one is nobody’s', () => {
    const subject = aSwitch()
    for (const [from, stale] of [
      [A, 6835],
      ['192.0.2.1:4001', 2 ** 53 - 1],
    ] as const) {
      const [answer] = subject.play(from, { '.tap': THIN_TAP, _line: stale, _to: SEED })
      expect(Object.keys(answer?.telex ?? {})).toEqual(['_ring', '_br', '_to'])
    }
    expect(subject.machine.lines).toBe(0)
  })

  test('keeps its ring through the next hour and while secrets are rotated, not longer and not elsewhere', () => {
    const line = tapThin(aSwitch(), A, THIN_TAP)
    const opens = (nowMs: number, secrets: Uint8Array[], from = A) => {
      const later = aSwitch({ secrets })
      later.play(from, { _line: line, '.tap': THIN_TAP }, nowMs)
      return later.machine.lines === 1
    }
    const [old, fresh] = [Buffer.alloc(16, 7), Buffer.alloc(16, 8)]
    expect(opens(START_MS + HOUR_MS, [fresh, old])).toBe(true)
    expect(opens(START_MS + 2 * HOUR_MS, [old])).toBe(false)
    expect(opens(START_MS, [fresh])).toBe(false)
    expect(opens(START_MS, [old], '192.0.2.1:4001')).toBe(false)
  })
})

describe('a line between full switches', () => {
  test('is opened by the exact product alone', () => {
    const subject = aSwitch()
    const [answer] = subject.play(A, { _to: SEED, '+end': SEED_ID, _ring: 7, _br: 0 })
    const line = answer?.telex['_line'] as number
    expect(line % 7).toBe(0)
    subject.play(A, { _line: line * 2 })
    expect(subject.machine.lines).toBe(0)
    expect(subject.counts.get('wrong-line')).toBe(1)
    openLine(subject, A)
    expect(subject.machine.lines).toBe(1)
  })

  test('is not opened blind by numbers with many factors', () => {
    const highlyComposite = [897_612_484_786_617_600n, 735_134_400n, 698_377_680n, 551_350_800n]
    for (let seed = 1; seed <= 100; seed++) {
      const subject = aSwitch({ random: seeded(seed) })
      for (const [i, line] of highlyComposite.entries()) {
        const from = `192.0.2.1:${5000 + i}`
        subject.play(from, `{"+end":"${SEED_ID}","_to":"${SEED}","_ring":1}`)
        subject.play(from, `{"_line":${line},".tap":[{"has":["+key"]}]}`)
        // and one whose own ring we never heard, as after a first telex of ours
        subject.play(`192.0.2.1:${6000 + i}`, `{"_line":5,"+end":"${SEED_ID}"}`)
        subject.play(`192.0.2.1:${6000 + i}`, `{"_line":${line},".tap":[{"has":["+key"]}],"_br":100}`)
      }
      expect(subject.machine.lines).toBe(0)
    }
  })

  test('is not guessed at more than 16 times from one network in ten minutes; thin clients there are not locked out', () => {
    const subject = aSwitch()
    for (let i = 0; i < 40; i++) {
      const from = `192.0.2.${i}:4000`
      subject.play(from, { _to: SEED, '+end': SEED_ID, _ring: 1, _br: 0 }, START_MS + i * 1000)
      subject.play(from, { _line: 40_000 }, START_MS + i * 1000)
    }
    expect(subject.counts.get('wrong-line')).toBe(16)
    expect(subject.counts.get('guesses-full')).toBe(24)
    const later = START_MS + 60_000
    tapThin(subject, '192.0.2.50:1', THIN_TAP, later)
    expect(subject.machine.lines).toBe(1)
    openLine(subject, '192.0.2.51:1', later)
    expect(subject.machine.lines).toBe(1)
    openLine(subject, '192.0.2.51:1', later + 600_000)
    expect(subject.machine.lines).toBe(2)
  })

  test('goes on beside a stranger who speaks in its name', () => {
    const subject = aSwitch()
    const line = openLine(subject, A)
    subject.play(A, { _ring: 99, '+end': SEED_ID, _to: SEED })
    subject.play(A, { _line: 12_345 })
    subject.play(A, { _line: line, _ring: 99 })
    subject.play(A, { _line: line, '.tap': THIN_TAP })
    expect(subject.play('192.0.2.2:1', SIGNAL).map(({ to }) => to)).toEqual([A])
  })

  test('gives way to a new process at its address', () => {
    const subject = aSwitch()
    const old = openLine(subject, A)
    const fresh = openLine(subject, A, START_MS + 20_000, 99)
    expect(fresh).not.toBe(old)
    expect(subject.machine.lines).toBe(1)
  })

  test('ends when its peer says so with a negative count, and after 70 s of silence', () => {
    const subject = aSwitch()
    const line = openLine(subject, A)
    subject.play(A, { _line: line + 1, _br: -10_000 })
    expect(subject.machine.lines).toBe(1)
    subject.play(A, { _line: line, _br: -10_000 })
    expect(subject.machine.lines).toBe(0)
    openLine(subject, A, START_MS)
    subject.machine.tick(START_MS + 69_000)
    expect(subject.machine.lines).toBe(1)
    subject.machine.tick(START_MS + 75_000)
    expect(subject.machine.lines).toBe(0)
    expect(subject.machine.deadline).toBeUndefined()
  })

  test('is told our count before its peer would stop sending', () => {
    const subject = aSwitch()
    const line = openLine(subject, A)
    const counts: number[] = []
    for (let i = 0; i < 30; i++) {
      for (const { telex } of subject.play(A, { _line: line, pad: 'x'.repeat(1000) }))
        counts.push(telex['_br'] as number)
    }
    expect(counts.length).toBeGreaterThanOrEqual(3)
    for (const [i, count] of counts.entries()) expect(count - (counts[i - 1] ?? 0)).toBeLessThan(10_000)
  })

  test('of a peer that reports counts carries 10 kB ahead of them; one that reports none is never muted', () => {
    const subject = aSwitch()
    const reports = openLine(subject, A)
    subject.play(A, { _line: reports, _br: 0, '.tap': THIN_TAP })
    tapThin(subject, '192.0.2.9:12345', THIN_TAP)
    const copies = { [A]: 0, '192.0.2.9:12345': 0 }
    for (let i = 0; i < 60; i++) {
      for (const { to } of subject.play('198.51.100.1:1', { '+a': 'x'.repeat(400), _hop: 1 }, START_MS + i * 100))
        copies[to as typeof A]++
    }
    expect(copies['192.0.2.9:12345']).toBe(60)
    expect(copies[A]).toBeLessThan(26)
    subject.play(A, { _line: reports, _br: 9_000_000 }, START_MS + 7000)
    expect(subject.play('198.51.100.1:1', SIGNAL, START_MS + 7000)).toHaveLength(2)
  })

  test('shares a network with at most 63 others', () => {
    const subject = aSwitch()
    for (let i = 0; i < 100; i++) tapThin(subject, `192.0.2.1:${1000 + i}`, THIN_TAP, START_MS + i * 1000)
    expect(subject.machine.lines).toBe(64)
    expect(subject.counts.get('lines-full')).toBe(36)
  })
})
