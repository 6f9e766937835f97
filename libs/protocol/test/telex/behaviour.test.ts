import { describe, expect, test } from 'vitest'
import { aSwitch, openLine, START_MS, vectors } from './helpers.ts'

// What the reference switch of 2011 answered to each case, against what ours does.
type Telex = Record<string, unknown>
type Case = Readonly<{ group: 'edge' | 'tap'; case: string; sent: [string, string][]; got: Telex[] }>

/** Cases in which ours answers something else on purpose: what, and why. */
const DIFFERS: Record<string, { got: Telex[]; why: string }> = {
  '+end invalid': {
    got: [],
    why: 'strict types: an end is 40 hex digits; and the answer would be more than three times 21 bytes',
  },
  '+end number': { got: [], why: '{"+end":1} gets no answer: it made the original send 46 times its size' },
  '.tap without line': {
    got: [{ _ring: 'ring' }],
    why: 'a tap that came to nothing is told the ring that it lacks, at once (spec 2.2.7)',
  },
  '_line not multiple of ring': {
    got: [{ _ring: 'ring' }],
    why: 'a switch that nobody here knows gets a fresh ring, within 3×',
  },
  '_line as string ring*7': {
    got: [],
    why: 'only ring × a ring that the peer sent opens a line; multiples opened 44 of 400 blind',
  },
  '_line different multiple': { got: [{ _ring: 'ring' }], why: 'no line was opened by the case before' },
  '_line to a switch that never sent a ring': {
    got: [{ _ring: 'ring' }],
    why: 'a switch that nobody here knows gets a fresh ring',
  },
  '1.5k datagram': { got: [], why: 'datagrams above 1,472 bytes are dropped: nothing is fragmented' },
  'no _line, line old (>10s)': {
    got: [{}],
    why: 'an address that lost its line is answered, with nothing secret (spec 2.2.7)',
  },
  'rule is:string': { got: [], why: 'a malformed rule matches nothing; it matched everything by accident' },
  'number/array/obj signals': {
    got: [
      { '+a': '1', '+b': 'x', '+n': 5, '+big': 1795336798822, '+arr': [1, 2], '+o': { k: 1 }, '+t': true, _hop: 2 },
    ],
    why: 'values are relayed as they came; Perl made numbers into strings and true into 1',
  },
  'after .tap non-array (old rules kept?)': {
    got: [{ '+a': '1', '+b': 'x', '+n': 5, _hop: 2 }],
    why: 'values as they came',
  },
}

/** What the cases are about: `_ring`, `_line` and `_br` are each switch's own numbers, `+end` and `_to` are echoes. */
function gist(telex: Telex): Telex {
  const gist = Object.fromEntries(Object.entries(telex).filter(([name]) => !OWN.has(name)))
  if ('_ring' in telex) gist['_ring'] = 'ring'
  if ('_line' in telex) gist['_line'] = 'line'
  return gist
}

const OWN = new Set(['_ring', '_line', '_br', '_to', '+end'])

function gistOf(expected: Telex[], group: Case['group'], name: string): Telex[] {
  const extra = group === 'tap' ? { _line: 'line' } : {}
  const see = name.startsWith('no _line, line old') ? { '.see': ['208.68.163.247:42424'], _ring: 'ring' } : {}
  const seen = name.startsWith('_line ') ? { '.see': ['208.68.163.247:42424'] } : {}
  return expected.map((telex) => ({ ...telex, ...extra, ...see, ...seen }))
}

function whole(text: string): string {
  const elided = /^(.*xx)\.\.\.\((\d+) bytes\)$/.exec(text)
  return elided ? `${(elided[1] as string).padEnd(Number(elided[2]) - 2, 'x')}"}` : text
}

function translated(text: string, number: (recorded: number) => number): string {
  return text.replace(
    /"_line":("?)(\d+)\1/,
    (_, quote: string, digits: string) => `"_line":${quote}${number(Number(digits))}${quote}`,
  )
}

describe('cases of the reference switch: lines', () => {
  const RING = 10_998 // the original's, for 127.0.0.11:1111
  const subject = aSwitch()
  let nowMs = START_MS
  const told = new Map<string, number>()
  const lines = new Map<string, number>()
  /** The same multiple of the ring that we told; once there is a line, that line for the original's. */
  const ours = (recorded: number, from: string): number => {
    if (recorded === RING * 7 && lines.has(from)) return lines.get(from) as number
    return recorded % RING === 0 ? (recorded / RING) * (told.get(from) ?? 1) : recorded
  }
  for (const { case: name, sent, got } of vectors<Case>('20-switch-behaviour-cases').filter(
    (c) => c.group === 'edge',
  )) {
    const differs = DIFFERS[name]
    test(differs ? `${name}: ${differs.why}` : name, () => {
      if (name.includes('>10s')) nowMs += 11_000
      const answers = sent.flatMap(([from, text]) => {
        return subject.play(
          from,
          translated(whole(text), (recorded) => ours(recorded, from)),
          nowMs,
        )
      })
      for (const { to, telex } of answers) {
        if (typeof telex['_ring'] === 'number') told.set(to, telex['_ring'])
        if (typeof telex['_line'] === 'number') lines.set(to, telex['_line'])
      }
      const expected = differs ? gistOf(differs.got, 'edge', name) : got.map(gist)
      expect(answers.map(({ telex }) => gist(telex))).toEqual(expected)
    })
  }
})

describe('cases of the reference switch: taps', () => {
  const RECORDED_LINE = /153450/g
  const subject = aSwitch()
  const line = openLine(subject, '127.0.3.1:4000')
  for (const { case: name, sent, got } of vectors<Case>('20-switch-behaviour-cases').filter((c) => c.group === 'tap')) {
    const differs = DIFFERS[name]
    test(differs ? `${name}: ${differs.why}` : name, () => {
      const answers = sent.flatMap(([from, text]) => subject.play(from, text.replace(RECORDED_LINE, String(line))))
      const expected = differs ? gistOf(differs.got, 'tap', name) : got.map(gist)
      expect(answers.map(({ telex }) => gist(telex))).toEqual(expected)
      for (const { telex } of answers) expect(telex['_line']).toBe(line)
    })
  }
})

test('every difference names a case that exists', () => {
  const names = new Set(vectors<Case>('20-switch-behaviour-cases').map((c) => c.case))
  expect(Object.keys(DIFFERS).filter((name) => !names.has(name))).toEqual([])
})
