import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

const REQUIRED = { NATS_URL: 'nats://127.0.0.1:4222', P2PMSG_CLUSTER_SECRETS: '00112233445566778899aabbccddeeff' }

test('what is not set has a default, except the bus and the secrets', () => {
  expect(readConfig(REQUIRED)).toEqual({
    natsUrl: 'nats://127.0.0.1:4222',
    udpHost: '',
    udpPort: 42_424,
    httpHost: '::',
    httpPort: 8081,
    advertise: undefined,
    bootstrap: [],
    clusterSecrets: [Buffer.from('00112233445566778899aabbccddeeff', 'hex')],
    provedPerSecond: 2_000,
    unprovedPerSecond: 20,
    trustedProxies: [],
    legacy: { receiver: undefined, perSecond: 50, dialsPerSecond: 2, keys: undefined },
  })
  expect(() => readConfig({})).toThrow(/NATS_URL is required.*P2PMSG_CLUSTER_SECRETS is required/)
})

test('everything can be set', () => {
  const config = readConfig({
    ...REQUIRED,
    P2PMSG_UDP_HOST: '127.0.0.1',
    P2PMSG_UDP_PORT: '0',
    P2PMSG_ADVERTISE: '[2001:db8::1]:42424',
    P2PMSG_CLUSTER_SECRETS: `${'aa'.repeat(16)}, ${'bb'.repeat(32)}`,
    P2PMSG_BOOTSTRAP: 'router.example.org:6881,[2001:db8::2]:6881',
    P2PMSG_PROVED_RATE: '50000',
    P2PMSG_TRUSTED_PROXIES: '10.0.0.0/8,127.0.0.1',
  })
  expect(config.advertise).toEqual({ host: '2001:db8::1', port: 42_424 })
  expect(config.clusterSecrets.map((secret) => secret.length)).toEqual([16, 32])
  expect(config.bootstrap).toEqual([
    { host: 'router.example.org', port: 6881 },
    { host: '2001:db8::2', port: 6881 },
  ])
  expect(config.provedPerSecond).toBe(50_000)
  expect(config.trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1'])
})

test('every bad value is named at once', () => {
  const bad = {
    NATS_URL: REQUIRED.NATS_URL,
    P2PMSG_CLUSTER_SECRETS: 'short',
    P2PMSG_ADVERTISE: 'here',
    P2PMSG_BOOTSTRAP: 'router.example.org',
    P2PMSG_UDP_PORT: '99999',
    P2PMSG_UNPROVED_RATE: '0',
    P2PMSG_TRUSTED_PROXIES: 'loadbalancer',
    P2PMSG_UDP_HOST: 'localhost',
  }
  const names = [
    'CLUSTER_SECRETS',
    'ADVERTISE',
    'BOOTSTRAP',
    'UDP_PORT',
    'UNPROVED_RATE',
    'TRUSTED_PROXIES',
    'UDP_HOST',
  ]
  for (const name of names) expect(() => readConfig(bad)).toThrow(`P2PMSG_${name}`)
  expect(() => readConfig({ ...REQUIRED, P2PMSG_CLUSTER_SECRETS: ',' })).toThrow('P2PMSG_CLUSTER_SECRETS')
})

test('of several advertised addresses each replica takes its own', () => {
  const common = { NATS_URL: 'nats://127.0.0.1', P2PMSG_CLUSTER_SECRETS: 'ab'.repeat(16) }
  const advertised = (values: NodeJS.ProcessEnv) => readConfig({ ...common, ...values }).advertise
  const list = 'a.example.org:30000, b.example.org:30001'
  expect(advertised({ P2PMSG_ADVERTISE: list })).toEqual({ host: 'a.example.org', port: 30_000 })
  expect(advertised({ P2PMSG_ADVERTISE: list, P2PMSG_ORDINAL: '1' })).toEqual({ host: 'b.example.org', port: 30_001 })
  expect(advertised({ P2PMSG_ADVERTISE: 'a.example.org:1', P2PMSG_ORDINAL: '7' })).toEqual({
    host: 'a.example.org',
    port: 1,
  })
  expect(() => advertised({ P2PMSG_ADVERTISE: list, P2PMSG_ORDINAL: '2' })).toThrow(/names 2 addresses/)
})
