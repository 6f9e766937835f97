// The telex commands as processes, against a switch on loopback.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseIp, Switch, telexText } from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Shell } from '../support/command.ts'

const messages: string[] = []
let driver: Driver
let machine: Switch
let shell: Shell
let to: string

beforeAll(async () => {
  machine = new Switch({
    self: { ip: parseIp('127.0.0.1') ?? new Uint8Array(16), port: 42_424 },
    secrets: [randomBytes(16)],
    random: randomBytes,
    localNetwork: true,
    onMessage: (telex) => messages.push(telexText(telex, '+message') ?? ''),
  })
  driver = await Driver.start(machine, { host: '127.0.0.1', port: 0 })
  shell = await Shell.open()
  to = `127.0.0.1:${driver.port}`
})
afterAll(async () => {
  await shell[Symbol.asyncDispose]()
  await driver[Symbol.asyncDispose]()
})

/** Its lines, and its exit code. */
function running(...words: string[]) {
  const child = shell.spawn('telex', ...words)
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const ended = once(child, 'close') as Promise<[number | null]>
  return { child, lines, ended }
}

test('dial prints who answers, exit code 4 when nobody does', async () => {
  const silent = await Driver.start(
    { receive: () => [], tick: () => [], deadline: undefined },
    { host: '127.0.0.1', port: 0 },
  )
  const [plain, json, unanswered] = await Promise.all([
    shell.p2pmsg('telex', 'dial', '--to', to),
    shell.p2pmsg('telex', 'dial', 'some end', '--to', to, '--json'),
    shell.p2pmsg('telex', 'dial', '--to', `127.0.0.1:${silent.port}`),
  ])
  expect(plain).toMatchObject({ code: 0, stdout: '127.0.0.1:42424\n' })
  expect(json.code).toBe(0)
  expect(JSON.parse(json.stdout)).toEqual({ end: expect.stringMatching(/^[0-9a-f]{40}$/), see: ['127.0.0.1:42424'] })
  expect(unanswered.code).toBe(4)
  await silent[Symbol.asyncDispose]()
})

test('what send says, tap hears, with its signature checked', async () => {
  const { lines, ended } = running('tap', '--to', to, '--count', '2', '--json')
  while (machine.tappers === 0) await sleep(20)
  const sent = await shell.p2pmsg('telex', 'send', 'hello', 'from', 'é', '--to', to)
  expect(sent).toMatchObject({ code: 0, stdout: '' })
  expect(sent.stderr).toContain('made a key of 2011 for you')
  // A second time with the key of the first.
  expect((await shell.pipe('again\n', 'telex', 'send', '--to', to)).stderr).not.toContain('made a key')
  expect(await ended).toEqual([0, null])
  const telexes = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(telexes.map((telex) => [telex['+message'], telex['signature'], telex['_hop']])).toEqual([
    ['hello from é', 'valid', 2],
    ['again', 'valid', 2],
  ])
  expect(telexes[0]?.['+key']).toBe(telexes[1]?.['+key'])
  expect(messages).toEqual(['hello from é', 'again'])
})

test('tap takes members and rules, and ends at Ctrl-C', async () => {
  const { child, ended } = running('tap', '+wall', '+end=ab', '--to', to)
  const before = machine.tappers
  while (machine.tappers === before) await sleep(20)
  child.kill('SIGINT')
  expect(await ended).toEqual([130, null])
  expect((await shell.p2pmsg('telex', 'tap', '[not json', '--to', to)).code).toBe(2)
})

test('listen prints what comes and answers nothing', async () => {
  const { child, lines, ended } = running('listen', '--port', '0', '--count', '1')
  const [note] = (await once(child.stderr, 'data')) as [Buffer]
  const port = /:(\d+)$/m.exec(String(note))?.[1]
  await shell.p2pmsg('telex', 'send', 'to \u001b[31mwhom it may concern', '--to', `127.0.0.1:${port}`)
  expect(await ended).toEqual([0, null])
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^127\.0\.0\.1:\d+ to \[31mwhom it may concern {2}\(key [0-9a-f]{12}…, signature valid\)$/)
})

test('keygen prints the public half, and overwrites nothing', async () => {
  const made = await shell.p2pmsg('telex', 'keygen', '--key', 'keys')
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{128}\n$/) })
  expect((await shell.p2pmsg('telex', 'keygen', '--key', 'keys')).code).toBe(2)
  expect((await shell.p2pmsg('telex', 'send', 'x', '--to', to, '--key', 'nowhere')).code).toBe(2)
})

test('what is not understood says how it is used', async () => {
  for (const words of [[], ['shout'], ['dial', 'a', 'b'], ['listen', '--port', '70000']]) {
    const { code, stderr } = await shell.p2pmsg('telex', ...words)
    expect(code).toBe(2)
    expect(stderr).toContain('p2pmsg help telex')
  }
  expect((await shell.p2pmsg('help', 'telex')).stdout).toContain('p2pmsg telex dial')
})
