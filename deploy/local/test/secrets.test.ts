import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { secretsIn } from '../src/secrets.ts'

async function aFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'p2pmsg-secrets-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

test('secrets are made once, differ from each other, and nobody else can read them', async () => {
  await using folder = await aFolder()
  const keys = join(folder.path, 'keys')
  const first = await secretsIn(keys)
  const second = await secretsIn(keys)
  expect(second.cluster).toBe(first.cluster)
  expect(second.receiverKeys.publicKey).toEqual(first.receiverKeys.publicKey)
  expect(second.busPassword('store')).toBe(first.busPassword('store'))
  expect(first.busPassword('router')).not.toBe(first.busPassword('store'))
  expect(first.receiverKeys.publicKey).not.toEqual(first.receiptKeys.publicKey)
  for (const file of await readdir(keys)) expect((await stat(join(keys, file))).mode & 0o777).toBe(0o600)
  expect((await stat(keys)).mode & 0o777).toBe(0o700)
})

test('a key that was damaged is not replaced behind its owner’s back', async () => {
  await using folder = await aFolder()
  await writeFile(join(folder.path, 'receiver.key'), 'oops\n')
  await expect(secretsIn(folder.path)).rejects.toThrow('receiver.key does not hold 64 hex digits')
})
