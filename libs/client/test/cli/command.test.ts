// The command as a process: exit codes, what goes to which stream, and files. The peer is a script on a real UDP port.
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeRefusal, formatAddress } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Shell } from '../support/command.ts'
import { Peer } from '../support/peer.ts'

function addressOf(peer: Peer): string {
  const endpoint = { host: '127.0.0.1', port: peer.port }
  return formatAddress({ receiver: peer.receiverKeys.publicKey, endpoint, topic: '' })
}

test('help, the version, and words that it does not know', async () => {
  await using shell = await Shell.open()
  const [help, version, unknown, ofSend] = await Promise.all([
    shell.p2pmsg(),
    shell.p2pmsg('--version'),
    shell.p2pmsg('sned'),
    shell.p2pmsg('send', '--help'),
  ])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(help.stdout).toMatch(/^ {2}start /m)
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('no command "sned"') })
  expect(ofSend).toMatchObject({ code: 0, stdout: expect.stringContaining('--save-receipt FILE') })
})

test('a key is written for its owner alone, and not overwritten unless that is asked for', async () => {
  await using shell = await Shell.open()
  const file = join(shell.home, '.config', 'p2pmsg', 'key')
  const made = await shell.p2pmsg('keygen')
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[a-z0-9]{52}\n$/) })
  expect(made.stderr).toContain(file)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const before = await readFile(file, 'utf8')
  expect(await shell.p2pmsg('keygen')).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') })
  expect(await readFile(file, 'utf8')).toBe(before)
  expect((await shell.p2pmsg('keygen', '--force')).code).toBe(0)
  expect(await readFile(file, 'utf8')).not.toBe(before)
})

test('the first message makes a key and says so; the receipt it leaves verifies, and a changed one does not', async () => {
  await using peer = await Peer.start()
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  const sent = await shell.p2pmsg('send', '--save-receipt', 'receipt.json', '--json', 'hello', 'world')
  expect(sent.code).toBe(0)
  expect(sent.stderr).toMatch(/made a key for you/)
  const result: unknown = JSON.parse(sent.stdout)
  expect(result).toMatchObject({ stage: 'accepted', verified: true, durability: 'synced' })
  const query = peer.seen.find(({ method }) => method === 'msg')
  expect(Buffer.from(query?.args.bytes('v') ?? []).toString()).toBe('hello world')
  const good = await shell.p2pmsg('verify', 'receipt.json', '--to', addressOf(peer))
  expect(good).toMatchObject({ code: 0, stderr: '' })
  expect(good.stdout.match(/^✓/gm)).toHaveLength(8)
  const file = JSON.parse(await readFile(join(shell.home, 'receipt.json'), 'utf8')) as { receipt: string }
  expect((await shell.pipe(JSON.stringify(file), 'verify', '-')).code).toBe(0)
  expect((await shell.p2pmsg('verify', file.receipt)).code).toBe(2) // whose receipt? nobody says
  const changed = `${file.receipt.slice(0, 40)}${file.receipt[40] === 'A' ? 'B' : 'A'}${file.receipt.slice(41)}`
  const bad = await shell.p2pmsg('verify', changed, '--to', addressOf(peer))
  expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining('✗ NOT TRUE') })
})

test('standard input is a message: text without the last line feed, other types byte for byte', async () => {
  await using peer = await Peer.start()
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  expect((await shell.pipe('two\nlines\n', 'send')).code).toBe(0)
  const bytes = Buffer.from([0, 255, 10, 10])
  expect((await shell.pipe(bytes, 'send', '--type', 'application/octet-stream')).code).toBe(0)
  const [text, other] = peer.seen.filter(({ method }) => method === 'msg').map(({ args }) => args)
  expect(Buffer.from(text?.bytes('v') ?? []).toString()).toBe('two\nlines')
  expect(other?.dict('v')?.bytes('b')).toEqual(bytes)
  expect(await shell.pipe('', 'send')).toMatchObject({ code: 2, stderr: expect.stringContaining('empty') })
  expect((await shell.pipe(Buffer.alloc(70_000, 65), 'send')).code).toBe(2)
})

test('the receiver may stand in a file', async () => {
  await using peer = await Peer.start()
  await using shell = await Shell.open()
  expect((await shell.p2pmsg('keygen')).code).toBe(0)
  await writeFile(join(shell.home, '.config', 'p2pmsg', 'config.json'), JSON.stringify({ to: addressOf(peer) }))
  expect((await shell.p2pmsg('send', 'hi')).code).toBe(0)
  await writeFile(join(shell.home, '.config', 'p2pmsg', 'config.json'), '{')
  expect(await shell.p2pmsg('send', 'hi')).toMatchObject({ code: 2, stderr: expect.stringContaining('is not JSON') })
})

test('a refusal is exit code 1, with its code and what the clocks say', async () => {
  await using peer = await Peer.start()
  peer.onMessage = (query) => [encodeRefusal(query.t, 'future', { nowMs: Date.now() - 3_600_000 })]
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  const refused = await shell.p2pmsg('send', '--json', 'early')
  expect(refused.code).toBe(1)
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: 'future' })
  expect(refused.stderr).toMatch(/refused \(future\).*yours is \d+ s ahead/s)
})

test('a router that says nothing of the message is exit code 3, nobody there is 4', async () => {
  const peer = await Peer.start()
  peer.onMessage = () => []
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  const silent = await shell.p2pmsg('send', '--timeout', '1', 'hm')
  expect(silent).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('may still arrive') })
  const { port } = peer
  await peer[Symbol.asyncDispose]()
  const ran = await Promise.all([
    shell.p2pmsg('send', '--timeout', '1', 'hm'),
    shell.p2pmsg('ping', '--count', '1', `127.0.0.1:${port}`),
    shell.p2pmsg('record', 'show'),
    shell.p2pmsg('feed', '--from', `http://127.0.0.1:${port}`),
  ])
  expect(ran.map(({ code }) => code)).toEqual([4, 4, 4, 4])
})

test('Ctrl-C ends it cleanly, with the exit code that shells expect', async () => {
  await using peer = await Peer.start()
  const asked = new Promise<void>((resolve) => {
    peer.onMessage = () => {
      resolve()
      return []
    }
  })
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  const child = shell.spawn('send', 'never mind')
  const ended = once(child, 'close')
  await asked
  child.kill('SIGINT')
  expect(await ended).toEqual([130, null])
})

test('wrong words are told before a key is made or anything is sent', async () => {
  await using shell = await Shell.open()
  const wrong = [
    ['send', '--to', 'p2pmsg://nobody', 'x'],
    ['send', '--wait', 'forever', 'x'],
    ['send', '--timeout', '-1', 'x'],
    ['send', '--bogus', 'x'],
    ['verify'],
    ['ping'],
    ['record', 'hide'],
    ['feed', '--limit', 'all'],
    ['keygen', 'here'],
    ['help', 'sned'],
  ]
  const ran = await Promise.all(wrong.map((words) => shell.p2pmsg(...words)))
  expect(ran.map(({ code, stdout }, i) => ({ words: wrong[i], code, stdout }))).toEqual(
    wrong.map((words) => ({ words, code: 2, stdout: '' })),
  )
  await expect(stat(join(shell.home, '.config'))).rejects.toThrow('ENOENT')
})
