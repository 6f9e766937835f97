import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigError, Env } from '../src/index.ts'

test('every problem is told at once, and none quotes a value', () => {
  const env = new Env({ PORT: '99999', RATE: '1.5', SECRETS: 'abcd,not-hex', EMPTY: '  ' })
  env.port('PORT', 1)
  env.int('RATE', { min: 0, max: 10 })
  env.hexList('SECRETS', { bytesMin: 16 })
  env.text('EMPTY')
  env.file('KEY_FILE')
  expect(() => env.done({})).toThrow(ConfigError)
  try {
    env.done({})
  } catch (thrown) {
    const { message } = thrown as Error
    for (const name of ['PORT', 'RATE', 'SECRETS', 'EMPTY', 'KEY_FILE']) expect(message).toContain(name)
    for (const value of ['99999', 'not-hex', 'abcd']) expect(message).not.toContain(value)
  }
})

test('fallbacks stand in for what is unset or empty', () => {
  const env = new Env({ HOST: '' })
  expect(
    env.done({
      host: env.text('HOST', 'localhost'),
      port: env.port('PORT', 8080),
      rate: env.int('RATE', { fallback: 20, min: 1, max: 100 }),
      list: env.list('LIST', []),
      missing: env.optional('MISSING'),
    }),
  ).toEqual({ host: 'localhost', port: 8080, rate: 20, list: [], missing: undefined })
})

test('lists lose their blanks, secrets come from files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-env-'))
  const path = join(folder, 'key')
  await writeFile(path, '  c0ffee\n')
  const env = new Env({ LIST: ' a, b,,c ', KEY_FILE: path, SECRETS: `${'00'.repeat(16)},${'ff'.repeat(16)}` })
  expect(env.list('LIST')).toEqual(['a', 'b', 'c'])
  expect(env.file('KEY_FILE')).toBe('c0ffee')
  expect(env.hexList('SECRETS', { bytesMin: 16 }).map((bytes) => bytes[0])).toEqual([0, 255])
  expect(() => env.done({})).not.toThrow()
  await rm(folder, { recursive: true })
})

test('a value may stand in a file that NAME_FILE names; the variable itself wins', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-env-'))
  const path = join(folder, 'url')
  await writeFile(path, 'nats://secret\n')
  expect(new Env({ NATS_URL_FILE: path }).text('NATS_URL')).toBe('nats://secret')
  expect(new Env({ NATS_URL_FILE: path, NATS_URL: 'nats://said' }).text('NATS_URL')).toBe('nats://said')
  const env = new Env({ NATS_URL_FILE: join(folder, 'absent') })
  env.text('NATS_URL')
  expect(() => env.done({})).toThrow(/NATS_URL_FILE names a file that cannot be read/)
  await rm(folder, { recursive: true })
})

test('a long text stands in its variable or in a file of bounded size, not in both', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-env-'))
  const [path, empty] = [join(folder, 'list'), join(folder, 'empty')]
  await writeFile(path, '[1,2]\n')
  await writeFile(empty, '')
  const read = (values: NodeJS.ProcessEnv, bytesMax = 6) => {
    const env = new Env(values)
    return env.done({ text: env.document('LIST', bytesMax) }).text
  }
  expect(read({})).toBeUndefined()
  expect(read({ LIST: '[3]', LIST_FILE: '' })).toBe('[3]')
  expect(read({ LIST: '', LIST_FILE: path })).toBe('[1,2]\n')
  expect(read({ LIST_FILE: empty })).toBe('')
  expect(() => read({ LIST_FILE: path }, 5)).toThrow(/LIST_FILE names a file that holds more than 5 bytes/)
  expect(() => read({ LIST_FILE: folder })).toThrow(/LIST_FILE names a file that cannot be read/)
  expect(() => read({ LIST: '[3]', LIST_FILE: path })).toThrow(/LIST and LIST_FILE are both given/)
  await rm(folder, { recursive: true })
})
