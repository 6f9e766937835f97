// Proves the path of 2011 through the whole stack: what client.js and client.php sent, byte for byte, stands in the feed and at every
// tapper of every replica; after a router was killed its tappers are back; and today's messages reach receivers of 2011, once.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Sender } from '@p2pmsg/client'
import type { Stack } from '@p2pmsg/local'
import {
  encodeLegacyMessage,
  encodeTelex,
  formatModulus,
  formatRsaKeys,
  LEGACY_WARNING,
  legacySignals,
  parseLegacyMessage,
  parseTelex,
  type RsaKeys,
  toHex,
  verifyLegacyMessage,
} from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aStack, metricOf } from '../support/stack.ts'
import { ThinClient } from '../support/thin-client.ts'

const TAP = [{ has: ['+key'] }]
const VECTORS = new URL('../../libs/protocol/test/vectors/telehash-v1/', import.meta.url)

function freshKeys(): RsaKeys {
  const { n, d } = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export({ format: 'jwk' })
  const number = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
  return { n: number(n), d: number(d) }
}

const [AUTHOR, CLUSTER] = [freshKeys(), freshKeys()]
let folder: string
let whole: Awaited<ReturnType<typeof aStack>>
let stack: Stack

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2pmsg-telex-'))
  await writeFile(join(folder, 'keys'), formatRsaKeys(CLUSTER))
  whole = await aStack({ replicas: { router: 2 }, env: { router: { P2PMSG_LEGACY_KEY_FILE: join(folder, 'keys') } } })
  stack = whole.stack
})
afterAll(async () => {
  await whole?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function captured(name: string): Promise<string[]> {
  const lines = (await readFile(new URL(`${name}.jsonl`, VECTORS), 'utf8')).trim().split('\n')
  return lines.map((line) => (JSON.parse(line) as { utf8: string }).utf8)
}

type FeedLine = { id: string; text?: string; legacy?: boolean; dialect: string; author: string }

/** The newest page, which holds all that these tests send. */
async function feed(): Promise<FeedLine[]> {
  const receiver = toHex(stack.secrets.receiverKeys.publicKey)
  const answer = await fetch(`${stack.renderUrls[0]}/v1/feeds/${receiver}`, { headers: { accept: 'application/json' } })
  return ((await answer.json()) as { messages: FeedLine[] }).messages
}

async function until(what: () => boolean | Promise<boolean>, tries?: () => void): Promise<void> {
  while (!(await what())) {
    tries?.()
    await sleep(200)
  }
}

async function aTapper(router: number): Promise<ThinClient> {
  const client = await ThinClient.open(stack.routers[router]?.udpPort ?? 0)
  await until(
    () => client.line !== undefined,
    () => client.tap(TAP),
  )
  return client
}

const has = (client: ThinClient, text: string) => client.heard.filter((telex) => telex['+message'] === text)

test('what the clients of 2011 sent stands in the feed, marked, and at the tappers of both replicas', async () => {
  await using tappers = new AsyncDisposableStack()
  const [one, two] = [tappers.use(await aTapper(0)), tappers.use(await aTapper(1))]
  await using client = await ThinClient.open(stack.routers[0]?.udpPort ?? 0)
  const telexes = [...(await captured('01-client-js-node20')), ...(await captured('02-client-php82'))]
  for (const telex of telexes) client.send(JSON.parse(telex) as Record<string, unknown>)
  const texts = ['hello from 2011', 'hello from php', 'café']
  await until(async () => (await feed()).filter(({ legacy }) => legacy).length === texts.length)
  const lines = (await feed()).filter(({ legacy }) => legacy)
  expect(new Set(lines.map(({ text }) => text))).toEqual(new Set(texts))
  for (const { dialect } of lines) expect(dialect).toBe('telex')
  for (const text of texts) {
    await until(() => has(one, text).length === 1 && has(two, text).length === 1)
    expect(has(one, text)[0]).toMatchObject({ _hop: 2 })
  }
  const page = await (await fetch(stack.renderUrls[0] ?? '')).text()
  expect(page).toContain('hello from 2011')
  expect(page).toContain(LEGACY_WARNING)
})

test('twice at once is one message, later another; a forged one is none', async () => {
  await using client = await ThinClient.open(stack.routers[0]?.udpPort ?? 0)
  const telex = (text: string) =>
    JSON.parse(Buffer.from(encodeTelex({ hop: 1 }, legacySignals(text, AUTHOR))).toString()) as Record<string, unknown>
  const count = async (text: string) => (await feed()).filter((line) => line.text === text).length
  client.send(telex('again'))
  client.send(telex('again'))
  await sleep(2_500) // the window in which the same bytes are one message is two seconds
  client.send(telex('again'))
  client.send({ ...telex('mine'), '+message': 'forged' })
  client.send(telex('last'))
  await until(async () => (await count('last')) === 1)
  expect(await count('again')).toBe(2)
  expect(await count('forged')).toBe(0)
})

test('a router that was killed and restarted has its tappers back when they next speak', async () => {
  await using tapper = await aTapper(1)
  await stack.kill('router-2')
  await stack.restart('router-2')
  // As server.js does every 30 s: a tap without a line.
  await until(
    () => has(tapper, 'after the restart').length > 0,
    () => {
      tapper.send({ '.tap': TAP, _to: '208.68.163.247:42424' })
      const said = encodeTelex({ hop: 1 }, legacySignals('after the restart', AUTHOR))
      tapper.send(JSON.parse(Buffer.from(said).toString()) as Record<string, unknown>)
    },
  )
})

test('a message of today reaches receivers of 2011 at every replica, signed for them, and is not taken in again', async () => {
  await using tappers = new AsyncDisposableStack()
  const both = [tappers.use(await aTapper(0)), tappers.use(await aTapper(1))]
  await using sender = await Sender.start({ keys: stack.secrets.senderKeys, address: stack.receiver })
  await sender.send({ text: 'from today, grüße' }, { wait: 'stored' })
  for (const tapper of both) {
    await until(() => has(tapper, 'from today, grüße').length > 0)
    const [telex] = has(tapper, 'from today, grüße')
    expect(telex?.['+key']).toBe(formatModulus(CLUSTER.n))
    const parsed = parseTelex(Buffer.from(JSON.stringify(telex)))
    const message = parseLegacyMessage(
      encodeLegacyMessage(Buffer.alloc(32), parsed.ok ? parsed.value : { members: new Map() }),
    )
    expect(message.ok && verifyLegacyMessage(message.value)).toBe('ezcrypto')
    // A peer that sends it back makes no second message.
    tapper.say(Object.fromEntries(Object.entries(telex ?? {}).filter(([name]) => name.startsWith('+'))))
  }
  const refused = async () => metricOf(stack.metricsUrls()['router'] ?? '', 'p2pmsg_telex_refusals_total')
  await until(async () => (await refused()) > 0)
  expect((await feed()).filter(({ text }) => text === 'from today, grüße')).toHaveLength(1)
  for (const tapper of both) expect(has(tapper, 'from today, grüße').filter(({ _hop }) => _hop === 1)).toHaveLength(1)
})
