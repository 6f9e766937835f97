import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyPairFromSeed, toHex } from '@p2pmsg/protocol'
import { ConfigError } from '@p2pmsg/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

let folder: string
const seed = Buffer.alloc(32, 5)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'p2pmsg-config-'))
  writeFileSync(join(folder, 'seed'), `${toHex(seed)}\n`)
  writeFileSync(join(folder, 'short'), 'abcd')
})

afterAll(() => rmSync(folder, { recursive: true }))

test('two variables are enough; the rest has defaults', () => {
  const config = readConfig({ NATS_URL: 'nats://host', P2PMSG_RECEIPT_KEY_FILE: join(folder, 'seed') })
  expect(config).toMatchObject({ natsUrl: 'nats://host', maxAgeMs: 604_800_000, natsMonitorUrl: undefined })
  expect(config.verifyThreads).toBeGreaterThanOrEqual(1)
  expect(toHex(config.receiptKey.publicKey)).toBe(toHex(keyPairFromSeed(seed).publicKey))
})

test('every problem is told at once, by the name of its variable', () => {
  const read = () =>
    readConfig({ P2PMSG_RECEIPT_KEY_FILE: join(folder, 'short'), P2PMSG_MAX_AGE: '0', P2PMSG_VERIFY_THREADS: 'many' })
  expect(read).toThrow(ConfigError)
  for (const name of ['NATS_URL', 'P2PMSG_RECEIPT_KEY_FILE', 'P2PMSG_MAX_AGE', 'P2PMSG_VERIFY_THREADS']) {
    expect(read).toThrow(name)
  }
})
