import { ConfigError } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

const REQUIRED = { NATS_URL: 'nats://store:secret@127.0.0.1:4222', POSTGRES_URL: 'postgres://127.0.0.1/p2pmsg' }

test('the defaults are a pool of 8, 72 hours of log, and deletes remembered for 7 days', () => {
  expect(readConfig(REQUIRED)).toMatchObject({ poolSize: 8, retainMs: 72 * 3_600_000, maxAgeMs: 7 * 24 * 3_600_000 })
})

test('words are searched as they are written, unless a language is named or search is off', () => {
  const language = (value?: string) => readConfig({ ...REQUIRED, P2PMSG_SEARCH_LANGUAGE: value }).searchLanguage
  expect(language()).toBe('simple')
  expect(language('english')).toBe('english')
  expect(language('off')).toBeUndefined()
  expect(() => language("simple'; --")).toThrow('P2PMSG_SEARCH_LANGUAGE')
})

test('every bad value is named at once', () => {
  const bad = () => readConfig({ P2PMSG_POOL_SIZE: '1', P2PMSG_RETAIN_HOURS: 'long' })
  expect(bad).toThrow(ConfigError)
  for (const name of ['NATS_URL', 'POSTGRES_URL', 'P2PMSG_POOL_SIZE', 'P2PMSG_RETAIN_HOURS']) expect(bad).toThrow(name)
})
