// Proves that senders of a few lines in other languages, with nothing of ours, get a message through the whole stack, that what
// either side writes down the other verifies, and that a refusal is one; and that a follower like them loses and repeats nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { answerOf, type FeedMessage, feedApi, Sender } from '@p2pmsg/client'
import { formatCursor, toZBase32 } from '@p2pmsg/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Shell } from '../../libs/client/test/support/command.ts'
import { EXAMPLES, type Ran } from '../support/example.ts'
import { aKeyPair } from '../support/messages.ts'
import { aPhp } from '../support/php.ts'
import { aPython, PYTHON_MS_MAX } from '../support/python.ts'
import { aStack } from '../support/stack.ts'

type Language = (words: readonly string[]) => Promise<Ran>

const LANGUAGES = ['Python', 'PHP'] as const
/** More than `v` may have over UDP, bytes. */
const TOO_LARGE = 901
const found = new Map<string, Language | string>()
let whole: Awaited<ReturnType<typeof aStack>> | undefined

beforeAll(async () => {
  found.set('Python', await aPython())
  found.set('PHP', await aPhp())
  if ([...found.values()].some((language) => typeof language !== 'string')) whole = await aStack()
}, PYTHON_MS_MAX)
afterAll(async () => {
  await whole?.[Symbol.asyncDispose]()
})

/** What runs the language's examples, by their names without an ending; or why nothing does. */
function example(language: (typeof LANGUAGES)[number]): ((name: string, ...words: string[]) => Promise<Ran>) | string {
  const run = found.get(language) ?? 'not looked for'
  if (typeof run === 'string') return run
  return (name, ...words) => run([`${name}.${{ Python: 'py', PHP: 'php' }[language]}`, ...words])
}

describe.each(LANGUAGES)('%s', (language) => {
  test('sends a message that is accepted, proved to it, and stands in the feed', async ({ skip }) => {
    const run = example(language)
    if (typeof run === 'string' || !whole) return skip(String(run))
    const { receiver, renderUrls } = whole.stack
    const sent = await run('send', receiver, `grüße from ${language}`)
    expect(sent).toMatchObject({ code: 0, stderr: '' })
    const [, id] = /^accepted: ([0-9a-f]{64}) stands at \d+ in the log of p2pmsg:.*, synced$/m.exec(sent.stdout) ?? []
    await using shell = await Shell.open({ P2PMSG_TO: receiver })
    let feed = ''
    while (!feed.includes(String(id)))
      feed = (await shell.p2pmsg('feed', '--from', renderUrls[0] ?? '', '--json')).stdout
    expect(feed).toContain(`grüße from ${language}`)
  })

  test('says that it was refused, and why', async ({ skip }) => {
    const run = example(language)
    if (typeof run === 'string' || !whole) return skip(String(run))
    const { receiver, edgePort } = whole.stack
    const large = await run('send', receiver, 'x'.repeat(TOO_LARGE))
    expect(large).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('refused: too-large') })
    const nobody = `p2pmsg://${toZBase32(aKeyPair().publicKey)}@127.0.0.1:${edgePort}`
    const unknown = await run('send', nobody, 'hello')
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('refused: unknown-receiver') })
    expect(await run('send', 'p2pmsg://yyyy', 'hello')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the address holds no key'),
    })
  })

  test('proves a receipt that our command saved, and not for another receiver', async ({ skip }) => {
    const run = example(language)
    if (typeof run === 'string' || !whole) return skip(String(run))
    const { receiver } = whole.stack
    await using shell = await Shell.open({ P2PMSG_TO: receiver })
    expect((await shell.p2pmsg('send', '--save-receipt', 'receipt.json', 'check me')).code).toBe(0)
    const file = join(shell.home, 'receipt.json')
    const { id, position } = JSON.parse(await readFile(file, 'utf8')) as { id: string; position: string }
    const proved = await run('verify_receipt', file, receiver)
    expect(proved).toMatchObject({ code: 0, stdout: expect.stringContaining(`proved: ${id} stands at ${position}`) })
    const other = await run('verify_receipt', file, `p2pmsg://${'y'.repeat(52)}`)
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('not proved') })
  })
})

test('Python over a pipe of its own: receipts for what is accepted, the code of what is not', async ({ skip }) => {
  const run = example('Python')
  if (typeof run === 'string' || !whole) return skip(String(run))
  const { receiver } = whole.stack
  const sent = await run('pipe', receiver, 'one', 'two', 'x'.repeat(TOO_LARGE))
  expect(sent).toMatchObject({ code: 1, stderr: expect.stringMatching(/^refused: [0-9a-f]{64}: too-large$/m) })
  const ids = [...sent.stdout.matchAll(/^accepted: ([0-9a-f]{64}) stands at \d+ in the log of p2pmsg:.*, synced$/gm)]
  expect(new Set(ids.map(([, id]) => id)).size).toBe(2)
  await using shell = await Shell.open({ P2PMSG_TO: receiver })
  let feed = ''
  while (!ids.every(([, id]) => feed.includes(String(id)))) feed = (await shell.p2pmsg('feed', '--json')).stdout
})

test('Python follows a feed through the death of the service, and on the next day from where it stopped', async ({
  skip,
}) => {
  const python = found.get('Python')
  if (typeof python === 'string' || !whole) return skip(String(python))
  const { stack } = whole
  const [origin = ''] = stack.renderUrls
  const receiver = toZBase32(stack.secrets.receiverKeys.publicKey)
  const api = feedApi(origin)
  const path = { receiver }
  await using shell = await Shell.open()
  await using sender = await Sender.start({ keys: aKeyPair(), address: stack.receiver })
  const send = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => sender.send({ text: `${i}` })))
  const before = await answerOf(api.GET('/v1/feeds/{receiver}/count', { params: { path } }))
  const state = join(shell.home, 'cursor')
  const words = [join(EXAMPLES, 'follow.py'), `${origin}/v1/feeds/${receiver}`, state]
  const followed: FeedMessage[] = []
  const follow = () => {
    const child = spawn('python3', words, { stdio: ['ignore', 'pipe', 'ignore'] })
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => followed.push(JSON.parse(line) as FeedMessage))
    const until = async (count: number) => {
      while (followed.length < before.messages + count) await once(lines, 'line')
      // it is printed first and written down then, and must not be stopped in between
      await expect.poll(() => readFile(state, 'latin1')).toBe(followed.at(-1)?.cursor)
    }
    const end = async () => {
      const exit = once(child, 'exit')
      child.kill('SIGINT')
      expect(await exit).toEqual([130, null])
    }
    return { until, end }
  }
  const today = follow()
  await send(5)
  await today.until(5)
  await stack.kill('render-api')
  await stack.restart('render-api')
  await send(5)
  await today.until(10)
  await today.end()
  await send(3)
  const tomorrow = follow()
  await tomorrow.until(13)
  await tomorrow.end()
  const query = { after: formatCursor(0n), limit: 200 }
  const { messages } = await answerOf(api.GET('/v1/feeds/{receiver}', { params: { path, query } }))
  expect(followed.map(({ id }) => id)).toEqual(messages.map(({ id }) => id))
})
