// What the command does with messages that it cannot end, and with many: the outbox, and lines that stream in. The peer is a
// script on a real UDP port.
import { once } from 'node:events'
import { formatAddress, toHex } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Shell } from '../support/command.ts'
import { Peer, type Query } from '../support/peer.ts'

function addressOf(peer: Peer): string {
  const endpoint = { host: '127.0.0.1', port: peer.port }
  return formatAddress({ receiver: peer.receiverKeys.publicKey, endpoint, topic: '' })
}

const messages = (peer: Peer): Query[] => peer.seen.filter(({ method }) => method === 'msg')
const textOf = ({ args }: Query) => Buffer.from(args.bytes('v') ?? []).toString()
const signed = ({ args }: Query) => toHex(args.bytes('sig') ?? new Uint8Array(0))

test('what was interrupted lies in the outbox, and retry sends the same bytes and keeps the receipt', async () => {
  await using peer = await Peer.start()
  peer.onMessage = () => []
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  // given a message that nobody answers
  const sent = await shell.p2pmsg('send', '--timeout', '1', 'hello')
  expect(sent).toMatchObject({ code: 3, stderr: expect.stringContaining('p2pmsg outbox retry') })
  const listed = await shell.p2pmsg('outbox', '--json')
  const { id } = JSON.parse(listed.stdout) as { id: string }
  expect(JSON.parse(listed.stdout)).toMatchObject({ address: addressOf(peer), owner: 'nobody' })
  expect(await shell.p2pmsg('outbox', 'retry', '--timeout', '1')).toMatchObject({ code: 3 })
  // when somebody does, and it is sent once more
  peer.onMessage = (query, from) => [peer.accept(query, from)]
  const retried = await shell.p2pmsg('outbox', 'retry', '--json')
  // then it is the same message, it has its receipt, and nothing is left
  expect(retried.code).toBe(0)
  expect(JSON.parse(retried.stdout)).toMatchObject({ id, stage: 'accepted', verified: true })
  expect(new Set(messages(peer).map(signed)).size).toBe(1)
  expect(await shell.p2pmsg('outbox')).toMatchObject({ code: 0, stdout: '' })
  const receipt = await shell.p2pmsg('outbox', 'receipt', id)
  expect((await shell.pipe(receipt.stdout, 'verify', '-')).code).toBe(0)
  expect((await shell.p2pmsg('outbox', 'receipt', id.replace(/^./, 'x'))).code).toBe(1)
})

test('drop forgets what it is told, and --no-outbox leaves nothing', async () => {
  await using peer = await Peer.start()
  peer.onMessage = () => []
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  const send = (...words: string[]) => shell.p2pmsg('send', '--timeout', '0.3', ...words)
  await Promise.all([send('one'), send('two'), send('--no-outbox', 'three')])
  const { stdout } = await shell.p2pmsg('outbox', '--json')
  const [first, second, ...more] = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id)
  expect(more).toEqual([])
  expect(await shell.p2pmsg('outbox', 'drop', first?.slice(0, 10) ?? '')).toMatchObject({
    code: 0,
    stdout: `dropped ${first}\n`,
  })
  expect((await shell.p2pmsg('outbox', 'drop', first ?? '')).code).toBe(1)
  expect(await shell.p2pmsg('outbox', 'drop', '--all')).toMatchObject({ code: 0, stdout: `dropped ${second}\n` })
  expect((await shell.p2pmsg('outbox', 'drop')).code).toBe(2)
})

test('--follow sends each line as a message, and names those that are none', async () => {
  await using peer = await Peer.start()
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  const input = Buffer.concat([Buffer.from('one\ntwo\r\n\nthree\n'), Buffer.of(0xff, 0x0a), Buffer.from('last')])
  const ran = await shell.pipe(input, 'send', '--follow', '--ordered', '--topic', 'lines', '--json')
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('line 4: the body is not UTF-8') })
  expect(ran.stdout.trim().split('\n')).toHaveLength(4)
  expect(messages(peer).map(textOf)).toEqual(['one', 'two', 'three', 'last'])
  expect(await shell.pipe('a\nb\n', 'send', '--follow')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^2 sent, 0 under way, /),
  })
  expect((await shell.pipe('', 'send', '--follow', 'words')).code).toBe(2)
})

test('--follow reads no further than its window, and Ctrl-C leaves what it read in the outbox', async () => {
  await using peer = await Peer.start()
  peer.onMessage = () => []
  await using shell = await Shell.open({ P2PMSG_TO: addressOf(peer) })
  const child = shell.spawn('send', '--follow')
  child.stdin.on('error', () => undefined) // it ends without reading
  child.stdin.end('line\n'.repeat(10_000))
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const ended = once(child, 'close')
  await expect.poll(() => new Set(messages(peer).map(signed)).size, { timeout: 20_000 }).toBe(256)
  child.kill('SIGINT')
  expect(await ended).toEqual([130, null])
  expect(said).toContain('256 messages without a receipt stay in the outbox')
  const listed = await shell.p2pmsg('outbox', '--json')
  expect(listed.stdout.trim().split('\n')).toHaveLength(256)
  peer.onMessage = (query, from) => [peer.accept(query, from)]
  expect(await shell.p2pmsg('outbox', 'retry')).toMatchObject({ code: 0, stdout: '256 of 256 sent\n' })
})
