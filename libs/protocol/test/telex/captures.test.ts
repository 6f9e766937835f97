import { describe, expect, test } from 'vitest'
import { aSwitch, SEED, type Sent, START_MS, type SwitchUnderTest, sentOf, vectors } from './helpers.ts'

// Recorded on loopback with the original programs, unmodified; see vectors/telehash-v1/README.md.
type Captured = Readonly<{ t: number; src: string; dst: string; len: number; utf8: string }>
type Telex = Record<string, unknown>

const SEED_PORT = ':42424'

/**
 * Plays what others sent to the seed; everything that our switch sent in its place, in order, by addressee.
 * @param echoes the programs echo the ring they were told, which is another one here
 */
function played(name: string, { machine, play }: SwitchUnderTest, echoes = false) {
  const sent = new Map<string, Sent[]>()
  const note = (some: readonly Sent[]) => some.forEach((one) => sent.set(one.to, [...(sent.get(one.to) ?? []), one]))
  const ringTold = (to: string) => sent.get(to)?.findLast(({ telex }) => '_ring' in telex)?.telex['_ring']
  const recorded = vectors<Captured>(name)
  for (const { t, src, dst, utf8 } of recorded) {
    const nowMs = START_MS + t * 1000
    note(sentOf(machine.tick(nowMs)))
    if (!dst.endsWith(SEED_PORT) || src === SEED) continue
    const telex = JSON.parse(utf8) as Telex
    note(play(src, echoes && '_line' in telex ? { ...telex, _line: ringTold(src) } : utf8, nowMs))
  }
  const original = recorded
    .filter(({ src, dst }) => src === SEED && dst !== SEED)
    .map(({ dst, utf8 }) => ({ to: dst, telex: JSON.parse(utf8) as Telex }))
  return { sent, original }
}

/** The original pings every address that ever sent anything, every 30 s, with a tap for `+pop`: ours pings nobody [A]. */
function isScan({ telex }: { telex: Telex }): boolean {
  return '.tap' in telex
}

/** 2011 left ties unordered; ours is the full XOR order [A]. */
function unordered(telex: Telex): Telex {
  const see = telex['.see']
  return Array.isArray(see) ? { ...telex, '.see': new Set(see) } : telex
}

describe('captures of 2011 programs', () => {
  test('01: client.js is heard, answered with nothing and leaves nothing behind', () => {
    const subject = aSwitch()
    const { sent } = played('01-client-js-node20', subject)
    expect(sent.size).toBe(0)
    expect(subject.messages).toEqual(['hello from 2011'])
    expect(subject.machine.deadline).toBeUndefined()
  })

  test('02: client.php is heard, with its escaped text', () => {
    const subject = aSwitch()
    const { sent } = played('02-client-php82', subject)
    expect(sent.size).toBe(0)
    expect(subject.messages).toEqual(['hello from php', 'café'])
  })

  test('03: two server.js get the message of client.js, and the one of their own send box', () => {
    const subject = aSwitch()
    // The original's rings have 15 bits; ours for such programs have 53 [A].
    const { sent, original } = played('03-perl-seed-two-server-js-client-js-send-box', subject, true)
    for (const server of ['208.68.163.247:12345', '208.68.163.247:12445']) {
      const expected = original.filter((one) => one.to === server && !isScan(one))
      const answers = sent.get(server)?.filter(({ telex }) => !isKeepAlive(telex)) ?? []
      // The original drops the ping that carries no line; ours tells the ring again, in case a router forgot it (spec 2.2.7) [A].
      expect(Object.keys(answers.pop()?.telex ?? {})).toEqual(['_ring', '_br', '_to'])
      expect(answers.map(({ telex }) => withoutOwnNumbers(telex))).toEqual(
        expected.map(({ telex }) => withoutOwnNumbers(telex)),
      )
      expect(sent.get(server)?.some(({ telex }) => isKeepAlive(telex))).toBe(true)
    }
    expect(sent.has('208.68.163.247:34344')).toBe(false) // the original scanned it
    expect(subject.messages).toEqual(['hello everyone from client.js', 'hello from the send box'])
  })

  test('05: three full switches of other makers open lines, see each other, tap and pop', () => {
    // With the original's rings even its byte counts must come out.
    const rings = [24_997, 24_886, 17_698]
    const random = () => {
      const bytes = new Uint8Array(4)
      new DataView(bytes.buffer).setUint32(0, (rings.shift() ?? 1) - 1)
      return bytes
    }
    const { sent, original } = played('05-perl-seed-node2010-wall-locker2011', aSwitch({ random }))
    for (const peer of ['208.68.163.247:57810', '208.68.163.247:6001', '208.68.163.247:39410']) {
      const expected = original.filter((one) => one.to === peer && !isScan(one)).map(({ telex }) => unordered(telex))
      expect(sent.get(peer)?.map(({ telex }) => unordered(telex))).toEqual(expected)
    }
    expect(rings).toEqual([])
  })

  test('every answer has its members in the order of the seed of 2011', () => {
    const subject = aSwitch()
    const { sent } = played('05-perl-seed-node2010-wall-locker2011', subject)
    const order = ['_ring', '_line', '.see', '_br', '_to', '_hop']
    for (const { telex } of [...sent.values()].flat()) {
      const ranks = Object.keys(telex).map((name) => (name.startsWith('+') ? order.length : order.indexOf(name)))
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
    }
  })
})

/** Rings and lines are ours, and `_br` starts with the line: a first telex leaves no state [A]. */
function withoutOwnNumbers(telex: Telex): Telex {
  const own = ['_ring', '_line', '_br'].map((name) => [name, typeof telex[name]])
  return { ...telex, ...Object.fromEntries(own) }
}

function isKeepAlive(telex: Telex): boolean {
  return Object.keys(telex).join() === '_line,_br,_to'
}
