// A record signed where the receiver's key is, and read without asking anybody.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex, keyPairFromSeed, sealKeyOf, toHex, toZBase32 } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Shell } from '../support/command.ts'

test('sign prints a record that show reads, from the word or a file; a changed one is none', async () => {
  await using shell = await Shell.open()
  await shell.p2pmsg('keygen', '--key', 'news.key')
  const seed = fromHex((await readFile(join(shell.home, 'news.key'), 'utf8')).trim(), 32)
  const receiver = toZBase32(keyPairFromSeed(seed as Uint8Array).publicKey)
  const receiptKey = toZBase32(keyPairFromSeed(Buffer.alloc(32, 5)).publicKey)
  const sealer = keyPairFromSeed(Buffer.alloc(32, 6)).publicKey
  const sign = ['record', 'sign', '--key', 'news.key', '--receipt-key', receiptKey]
  const options = ['--endpoint', 'router.example.org:42424', '--feed', 'https://feeds.example.org', '--days', '2']
  options.push('--seal-key', toZBase32(sealer))
  const signed = await shell.p2pmsg(...sign, ...options)
  expect(signed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^[\w-]+\n$/) })
  await writeFile(join(shell.home, 'record'), signed.stdout)
  const word = signed.stdout.trim()
  const [shown, fromFile, changed, none, far] = await Promise.all([
    shell.p2pmsg('record', 'show', word, '--json'),
    shell.p2pmsg('record', 'show', 'record'),
    shell.p2pmsg('record', 'show', `${word.slice(0, -6)}${word.at(-6) === 'A' ? 'B' : 'A'}${word.slice(-5)}`),
    shell.p2pmsg(...sign),
    shell.p2pmsg(...sign, '--endpoint', 'nowhere'),
  ])
  expect(JSON.parse(shown.stdout)).toMatchObject({ receiver, receiptKey, routers: ['router.example.org:42424'] })
  expect(JSON.parse(shown.stdout)).toMatchObject({ sealKey: toHex(sealKeyOf(sealer) as Uint8Array) })
  expect(fromFile).toMatchObject({ code: 0, stdout: expect.stringContaining(receiver) })
  expect(changed.code).not.toBe(0)
  for (const refused of [none, far])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--endpoint') })
})
