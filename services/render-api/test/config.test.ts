import { toHex, toZBase32 } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { RECEIVER } from './rows.ts'

const NATS_URL = 'nats://127.0.0.1:4222'

test('only the bus must be named', () => {
  expect(readConfig({ NATS_URL })).toEqual({
    natsUrl: NATS_URL,
    httpHost: '::',
    httpPort: 8080,
    defaultReceiver: undefined,
    publicUrl: undefined,
    clientRate: 50,
    trustedProxies: [],
    natsMonitorUrl: undefined,
  })
})

test.each([
  toHex(RECEIVER.publicKey),
  toZBase32(RECEIVER.publicKey),
  `p2pmsg://${toZBase32(RECEIVER.publicKey)}@127.0.0.1:42424/news`,
])('the default receiver may be written %s', (text) => {
  const { defaultReceiver } = readConfig({ NATS_URL, P2PMSG_DEFAULT_RECEIVER: text })
  expect(defaultReceiver && toHex(defaultReceiver)).toBe(toHex(RECEIVER.publicKey))
})

test('all that is wrong is told at once', () => {
  const wrong = {
    P2PMSG_DEFAULT_RECEIVER: 'me',
    P2PMSG_PUBLIC_URL: 'https://x/path',
    P2PMSG_HTTP_PORT: '70000',
    P2PMSG_TRUSTED_PROXIES: '::1/129',
  }
  expect(() => readConfig(wrong)).toThrow(/HTTP_PORT.*DEFAULT_RECEIVER.*PUBLIC_URL.*TRUSTED_PROXIES/)
  expect(() => readConfig(wrong)).toThrow('NATS_URL')
})
