import { expect, test } from 'vitest'
import { parseSnmp, parseSnmp6 } from '../src/kernel-drops.ts'

test('the kernel counts per family, in two formats', () => {
  const snmp = [
    'Tcp: RtoAlgorithm InErrs',
    'Tcp: 1 5',
    'Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors',
    'Udp: 100 2 33 90 31 0',
    'UdpLite: InDatagrams RcvbufErrors',
    'UdpLite: 0 7',
  ].join('\n')
  expect(parseSnmp(snmp)).toBe(31)
  expect(parseSnmp6('Udp6InDatagrams        \t4\nUdp6RcvbufErrors       \t12\nUdpLite6RcvbufErrors 9\n')).toBe(12)
})

test('where the kernel does not count, there is nothing to add', () => {
  expect(parseSnmp('')).toBe(0)
  expect(parseSnmp('Udp: InDatagrams\nUdp: 5\n')).toBe(0)
  expect(parseSnmp6('')).toBe(0)
})
