// Proves the listening command as a process: what it prints and runs, where it goes on, and how it ends.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  encodeContent,
  formatAddress,
  formatCursor,
  keyPairFromSeed,
  sealBody,
  sealKeyOf,
  toHex,
  toZBase32,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Shell } from '../support/command.ts'
import { AUTHOR, aRow, FeedOfRows } from '../support/heard-rows.ts'
import { Peer } from '../support/peer.ts'
import { PipePeer } from '../support/pipe-peer.ts'

const SEED = Buffer.alloc(32, 1)
const RECEIVER = keyPairFromSeed(SEED).publicKey // the peer's
const START = 281_474_976_710_656

async function aFeed() {
  await using started = new AsyncDisposableStack()
  const feed = new FeedOfRows()
  const peer = started.use(await Peer.start())
  const pipes = started.use(await PipePeer.start(feed.events))
  peer.pipePort = pipes.port
  const endpoint = { host: '127.0.0.1', port: peer.port }
  const shell = started.use(await Shell.open({ P2PMSG_TO: formatAddress({ receiver: RECEIVER, endpoint, topic: '' }) }))
  const running = started.move()
  return { feed, shell, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

const say = (n: number, text: string, topic = '') => aRow(START + n, { text }, RECEIVER, topic)

test('prints what comes, keeps its place, and goes on from there', async () => {
  await using here = await aFeed()
  const { feed, shell } = here
  feed.rows = [say(1, 'one'), say(2, 'two \u001b[31mred\u202e', 'news'), say(3, 'three')]
  const first = await shell.p2pmsg('listen', '--state', 'place', '--count', '2')
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('from the first message') })
  expect(first.stdout).toMatch(/ {4}one\n\n.*#news {2}\[.*\]\n {4}two \[31mred\n/)
  expect(first.stdout).toContain(toZBase32(AUTHOR.publicKey).slice(0, 8))
  expect(JSON.parse(await readFile(join(shell.home, 'place'), 'utf8'))).toMatchObject({
    about: { receiver: toZBase32(RECEIVER) },
    cursor: formatCursor(BigInt(START + 2)),
  })
  const second = await shell.p2pmsg('listen', '--state', 'place', '--count', '1', '--json')
  expect(JSON.parse(second.stdout)).toMatchObject({ text: 'three', position: String(START + 3), topic: '' })
  const third = await shell.p2pmsg(
    'listen',
    '--from',
    formatCursor(BigInt(START + 1)),
    '--topic',
    'news',
    '--count',
    '1',
  )
  expect(third.stdout).toContain('two')
  expect(feed.asked.map(({ after, topic }) => [after, topic])).toEqual([
    [0n, undefined],
    [BigInt(START + 2), undefined],
    [BigInt(START + 1), 'news'],
  ])
})

test('a command gets each message; one that fails is run again, and then nothing was skipped', async () => {
  await using here = await aFeed()
  const { feed, shell } = here
  feed.rows = [say(1, 'good', 'a b'), { ...say(2, 'gone'), message: new Uint8Array(0) }, say(3, 'bad'), say(4, 'never')]
  // It fails for the third message until it has been there twice.
  const command = `text=$(cat); echo "$text|$P2PMSG_TOPIC|$P2PMSG_ID" >> heard; test "$text" != bad || test -e failed || ! touch failed`
  const ran = await shell.p2pmsg('listen', '--exec', command, '--count', '3')
  expect(ran).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/the command exits with 1 for message .*; again in/),
  })
  const [, , third] = feed.rows
  expect((await readFile(join(shell.home, 'heard'), 'utf8')).split('\n')).toEqual([
    `good|a b|${toHex(feed.rows[0]?.id ?? Buffer.alloc(0))}`,
    ...Array(2).fill(`bad||${toHex(third?.id ?? Buffer.alloc(0))}`),
    '',
  ])
})

test('Ctrl-C ends it, with its place kept', async () => {
  await using here = await aFeed()
  const { feed, shell } = here
  feed.rows = [say(1, 'one'), say(2, 'two')]
  const child = shell.spawn('listen', '--state', 'place', '--json')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise((resolve) => child.once('close', resolve))
  await expect.poll(() => output, { timeout: 20_000 }).toContain('"two"')
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(await readFile(join(shell.home, 'place'), 'utf8')).toContain(formatCursor(BigInt(START + 2)))
})

test('opens what was sealed to the receiver', async () => {
  await using here = await aFeed()
  const { feed, shell } = here
  const body = sealBody(encodeContent({ text: 'secret' }), AUTHOR.publicKey, sealKeyOf(RECEIVER) as Uint8Array, SEED)
  if (!body.ok) throw new Error(body.fault)
  feed.rows = [aRow(START, { body: body.value, type: 'p2pmsg/sealed' }, RECEIVER)]
  await writeFile(join(shell.home, 'key'), `${toHex(SEED)}\n`, { mode: 0o600 })
  const opened = await shell.p2pmsg('listen', '--open', 'key', '--count', '1', '--json')
  expect(JSON.parse(opened.stdout)).toMatchObject({ text: 'secret', opened: true })
})

test('what cannot be understood is said before anything is asked', async () => {
  await using here = await aFeed()
  const { shell } = here
  await writeFile(join(shell.home, 'other'), '{"type":"another"}')
  const wrong = await Promise.all([
    shell.p2pmsg('listen', '--from', 'yesterday'),
    shell.p2pmsg('listen', '--state', 'other'),
  ])
  expect(wrong.map(({ code }) => code)).toEqual([2, 2])
  expect(wrong[1]?.stderr).toContain('is not a state file of this command')
})
