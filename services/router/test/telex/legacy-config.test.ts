import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatAddress, formatRsaKeys, toHex } from '@p2pmsg/protocol'
import { afterAll, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { RSA_KEYS } from '../support/rsa-keys.ts'

const REQUIRED = { NATS_URL: 'nats://127.0.0.1:4222', P2PMSG_CLUSTER_SECRETS: 'aa'.repeat(16) }
const RECEIVER = Buffer.alloc(32, 5)
const folder = mkdtempSync(join(tmpdir(), 'p2pmsg-legacy-'))
const keyFile = join(folder, 'keys')
writeFileSync(keyFile, formatRsaKeys(RSA_KEYS))
afterAll(() => rmSync(folder, { recursive: true }))

function legacyOf(values: NodeJS.ProcessEnv) {
  return readConfig({ ...REQUIRED, ...values }).legacy
}

test('a receiver can be named in every form that people write it', () => {
  const address = formatAddress({ receiver: RECEIVER, endpoint: undefined, topic: '' })
  for (const text of [address, toHex(RECEIVER)]) {
    expect(Buffer.from(legacyOf({ P2PMSG_LEGACY_RECEIVER: text }).receiver ?? [])).toEqual(RECEIVER)
  }
})

test('rates and the key of 2011 are read', () => {
  const P2PMSG_LEGACY_RECEIVER = toHex(RECEIVER)
  const values = { P2PMSG_LEGACY_RATE: '7', P2PMSG_LEGACY_DIALS: '0', P2PMSG_LEGACY_KEY_FILE: keyFile }
  expect(legacyOf({ P2PMSG_LEGACY_RECEIVER, ...values })).toMatchObject({
    perSecond: 7,
    dialsPerSecond: 0,
    keys: RSA_KEYS,
  })
})

test('what does not fit is named', () => {
  expect(() => legacyOf({ P2PMSG_LEGACY_RECEIVER: 'somebody' })).toThrow('P2PMSG_LEGACY_RECEIVER')
  expect(() => legacyOf({ P2PMSG_LEGACY_KEY_FILE: keyFile })).toThrow('needs P2PMSG_LEGACY_RECEIVER')
  writeFileSync(join(folder, 'bad'), '{}')
  const bad = { P2PMSG_LEGACY_RECEIVER: toHex(RECEIVER), P2PMSG_LEGACY_KEY_FILE: join(folder, 'bad') }
  expect(() => legacyOf(bad)).toThrow('P2PMSG_LEGACY_KEY_FILE')
})
