// Proves that docs/settings.md is the services' settings: each one they read, in that order, with that default, and no other.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSetupConfig } from '@p2pmsg/admin'
import { readRunConfig } from '@p2pmsg/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig as ingest } from '../../services/ingest/src/config.ts'
import { readConfig as renderApi } from '../../services/render-api/src/config.ts'
import { readConfig as router } from '../../services/router/src/config.ts'
import { readConfig as store } from '../../services/store/src/config.ts'
import { settingsPage, variablesRead } from '../support/settings-page.ts'

const READERS = {
  'Every service': readRunConfig,
  router,
  ingest,
  store,
  'render-api': renderApi,
  setup: readSetupConfig,
} as const

const page = await settingsPage()
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2pmsg-settings-'))
  await writeFile(join(folder, 'seed'), 'ab'.repeat(32))
})
afterAll(() => rm(folder, { recursive: true }))

/** A value for each setting that has no default. */
function required(): Record<string, string> {
  return {
    NATS_URL: 'nats://127.0.0.1:4222',
    POSTGRES_URL: 'postgres://127.0.0.1/p2pmsg',
    P2PMSG_CLUSTER_SECRETS: 'ab'.repeat(16),
    P2PMSG_RECEIPT_KEY_FILE: join(folder, 'seed'),
  }
}

test('the page has the services and nothing else', () => {
  expect([...page.keys()]).toEqual(Object.keys(READERS))
})

test.each(Object.entries(READERS))('%s reads exactly the settings of its table, in that order', (heading, read) => {
  expect(page.get(heading)?.map(({ name }) => name)).toEqual(variablesRead(read))
})

test.each(Object.entries(READERS))('%s has the defaults of its table', (heading, read) => {
  const settings = page.get(heading) ?? []
  const given = required()
  const needed = settings.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  for (const name of needed) expect(() => read({ ...given, [name]: '' })).toThrow(name)
  const shown = Object.fromEntries(settings.flatMap(({ name, default: value }) => (value ? [[name, value]] : [])))
  expect(Object.keys(shown).length).toBeGreaterThan(0)
  const only = Object.fromEntries(needed.map((name) => [name, given[name]]))
  expect(read({ ...only, ...shown })).toEqual(read(only))
})
