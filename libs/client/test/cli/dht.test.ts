// Items and peers by hand, and a bare node that keeps what it knew: the commands as processes, in a DHT of real nodes on loopback.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Endpoint, formatEndpoint, toHex } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Shell } from '../support/command.ts'
import { DhtNet } from '../support/dht-net.ts'

let net: DhtNet

beforeAll(async () => {
  net = await DhtNet.start(8)
})
afterAll(async () => {
  await net[Symbol.asyncDispose]()
})

const bootstrap = () => formatEndpoint(net.nodes[0]?.endpoint as Endpoint)

test('an item under its hash, and one under a key that a newer one replaces', async () => {
  await using shell = await Shell.open({ P2PMSG_BOOTSTRAP: bootstrap() })
  const put = await shell.p2pmsg('dht', 'put', 'for', 'ever', '--json')
  expect(put.code).toBe(0)
  const { target, stored } = JSON.parse(put.stdout) as { target: string; stored: number }
  expect(stored).toBeGreaterThanOrEqual(6)
  expect(await shell.p2pmsg('dht', 'get', target)).toMatchObject({ code: 0, stdout: 'for ever\n' })
  const first = await shell.pipe('one\n', 'dht', 'put', '--salt', 'shelf', '--json')
  const { key, seq } = JSON.parse(first.stdout) as { key: string; seq: string }
  expect(seq).toBe('1')
  expect((await shell.p2pmsg('dht', 'put', '--salt', 'shelf', 'two')).stdout).toMatch(/, number 2$/m)
  const found = await shell.p2pmsg('dht', 'get', key, '--salt', 'shelf', '--json', '-v')
  expect(JSON.parse(found.stdout)).toMatchObject({ value: 'two', seq: '2', key, asked: expect.any(Array) })
  const [stale, elsewhere, nobody] = await Promise.all([
    shell.p2pmsg('dht', 'put', '--salt', 'shelf', '--seq', '1', 'late'),
    shell.p2pmsg('dht', 'put', '--salt', 'shelf', '--seq', '9', '--cas', '7', 'late'),
    shell.p2pmsg('dht', 'get', toHex(randomBytes(20)), '--json'),
  ])
  expect(stale).toMatchObject({ code: 1, stderr: expect.stringContaining('this number or a higher one') })
  expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('another number than --cas') })
  expect(nobody).toMatchObject({ code: 1, stdout: expect.stringContaining('"not-found"') })
})

test('who has announced itself is printed; words that make no sense are told', async () => {
  await using shell = await Shell.open({ P2PMSG_BOOTSTRAP: bootstrap() })
  const infoHash = randomBytes(20)
  const { node, driver, endpoint } = net.nodes[3] as DhtNet['nodes'][0]
  await new Promise((done) => driver.send(node.operations.announce(infoHash, 4321, driver.now(), done)))
  const [peers, wrong, large] = await Promise.all([
    shell.p2pmsg('dht', 'peers', toHex(infoHash)),
    shell.p2pmsg('dht', 'peers', 'nothing'),
    shell.pipe(randomBytes(1000), 'dht', 'put'),
  ])
  expect(peers).toMatchObject({ code: 0, stdout: `${endpoint.host}:4321\n` })
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('40 hex digits') })
  expect(large).toMatchObject({ code: 2, stderr: expect.stringContaining('at most 1000 bytes') })
})

/** @returns the lines it printed, as objects, and its exit code */
async function aNode(shell: Shell, until: string, ...words: string[]) {
  const child = shell.spawn('node', '--port', '0', '--json', '--every', '1', ...words)
  const stderr: string[] = []
  child.stderr.on('data', (text) => stderr.push(String(text)))
  const lines: { event: string; node?: string; contacts?: number; port?: number }[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(JSON.parse(line) as (typeof lines)[0])
    if (lines.at(-1)?.event === until) child.kill('SIGINT')
  }
  if (child.exitCode === null) await once(child, 'exit')
  return { lines, code: child.exitCode, stderr: stderr.join('') }
}

test('a bare node joins, ends with Ctrl-C, and comes back as itself through those whom it knew', async () => {
  await using shell = await Shell.open()
  const words = ['--host', '127.250.9.1', '--state', shell.home]
  const first = await aNode(shell, 'joined', ...words, '--bootstrap', bootstrap())
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.lines.map(({ event }) => event)).toEqual(['listening', 'joined', 'ended'])
  const file = join(shell.home, 'dht-table')
  expect((await readFile(file)).length).toBeGreaterThan(6 * 38)
  const again = await aNode(shell, 'joined', ...words, '--alone')
  expect(again.lines[0]?.node).toBe(first.lines[0]?.node)
  expect(again.lines.at(-1)?.contacts).toBeGreaterThanOrEqual(6)
  await writeFile(file, 'damaged')
  const anew = await aNode(shell, 'status', ...words, '--alone')
  expect(anew).toMatchObject({ code: 0, stderr: expect.stringMatching(/^p2pmsg: .*begun anew\n$/) })
  expect(anew.lines[0]?.node).not.toBe(first.lines[0]?.node)
})
