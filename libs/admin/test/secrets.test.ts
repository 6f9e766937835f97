import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromHex, keyPairFromSeed, parseKey } from '@p2pmsg/protocol'
import { parseBusUrl } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { makeSecret, SECRET_KINDS } from '../src/secrets/made-secrets.ts'
import { writeSecret } from '../src/secrets/secret-folder.ts'

const HOSTS = { nats: 'a:4222,b:4222', routes: 'a:6222,b:6222', postgres: 'db:5432/p2pmsg' }

test.each(SECRET_KINDS)('%s: random each time, no value empty, none of them the same', (kind) => {
  const [one, two] = [makeSecret(kind, HOSTS), makeSecret(kind, HOSTS)]
  expect(Object.keys(one)).toEqual(Object.keys(two))
  for (const [key, value] of Object.entries(one)) {
    expect(value.length).toBeGreaterThan(30)
    expect(value).not.toBe(two[key])
  }
})

test("each service's URL has a user and a password of its own", () => {
  const { 'secrets.conf': variables = '', 'routes.conf': routes = '', ...urls } = makeSecret('nats', HOSTS)
  const parsed = Object.values(urls).map(parseBusUrl)
  expect(new Set(parsed.map(({ user }) => user))).toHaveLength(5)
  expect(new Set(parsed.map(({ password }) => password))).toHaveLength(5)
  for (const { servers, password } of parsed) {
    expect(servers).toEqual(['a:4222', 'b:4222'])
    expect(variables).toContain(`"${password}"`)
  }
  expect(routes).toMatch(
    /^authorization .*"(p\w{64})".*\nroutes: \["nats:\/\/route:\1@a:6222","nats:\/\/route:\1@b:6222"\]\n$/,
  )
})

test("a receiver's address is its key's public half", () => {
  const { 'receiver-key': seed = '', 'receiver-address': address = '' } = makeSecret('receiver', HOSTS)
  const keys = keyPairFromSeed(fromHex(seed, 32) ?? new Uint8Array(32))
  expect(parseKey(address)).toEqual(Uint8Array.from(keys.publicKey))
})

test('a secret that is there stays, and no half of another is left beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-secrets-'))
  expect(await writeSecret(folder, 'cluster', { key: 'first' })).toBe(true)
  expect(await writeSecret(folder, 'cluster', { key: 'second' })).toBe(false)
  expect(await readFile(join(folder, 'cluster', 'key'), 'utf8')).toBe('first\n')
  expect(await readdir(folder)).toEqual(['cluster'])
  await rm(folder, { recursive: true })
})
