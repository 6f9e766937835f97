import { expect, test } from 'vitest'
import { dialectOf } from '../../src/edge/dialect.ts'
import { AnEdge, at } from '../support/an-edge.ts'

test('the first byte tells KRPC, telex and pipe from everything else', () => {
  const firsts = new Map<string, number[]>()
  for (let first = 0; first < 256; first++) {
    const dialect = dialectOf(Buffer.of(first))
    firsts.set(dialect, [...(firsts.get(dialect) ?? []), first])
  }
  expect(firsts.get('krpc')).toEqual([0x64])
  expect(firsts.get('telex')).toEqual([0x7b])
  expect(firsts.get('pipe')).toEqual([0xf8, 0xf9, 0xfa, 0xfb])
  expect(firsts.get('unknown')).toHaveLength(250)
})

test('telexes and pipe frames get no answer from a router that speaks neither', () => {
  const edge = new AnEdge()
  expect(edge.receive(Buffer.from('{"_to":"192.0.2.1:5000","+end":"aa"}'), at('192.0.2.1'))).toEqual([])
  expect(edge.receive(Buffer.alloc(1200, 0xf8), at('192.0.2.1'))).toEqual([])
})
