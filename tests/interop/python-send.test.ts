// Proves that a sender of a few lines in another language, with nothing of ours, gets a message through the whole stack, and that
// what either side writes down the other verifies.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Shell } from '../../libs/client/test/support/command.ts'
import { aPython, PYTHON_MS_MAX, type Python } from '../support/python.ts'
import { aStack } from '../support/stack.ts'

let python: Python | string
let whole: Awaited<ReturnType<typeof aStack>> | undefined

beforeAll(async () => {
  python = await aPython()
  if (typeof python !== 'string') whole = await aStack()
}, PYTHON_MS_MAX)
afterAll(async () => {
  await whole?.[Symbol.asyncDispose]()
})

test('a message that Python sends is accepted, proved to it, and stands in the feed', async ({ skip }) => {
  if (typeof python === 'string' || !whole) return skip(String(python))
  const { receiver, renderUrls } = whole.stack
  const sent = await python(['send.py', receiver, 'grüße from Python'])
  expect(sent).toMatchObject({ code: 0, stderr: '' })
  const [, id] = /^accepted: ([0-9a-f]{64}) stands at \d+ in the log of p2pmsg:.*, synced$/m.exec(sent.stdout) ?? []
  await using shell = await Shell.open({ P2PMSG_TO: receiver })
  let found = ''
  while (!found.includes(String(id)))
    found = (await shell.p2pmsg('feed', '--from', renderUrls[0] ?? '', '--json')).stdout
  expect(found).toContain('grüße from Python')
})

test('a receipt that our command saved is proved by the Python verifier, and not for another receiver', async ({
  skip,
}) => {
  if (typeof python === 'string' || !whole) return skip(String(python))
  const { receiver } = whole.stack
  await using shell = await Shell.open({ P2PMSG_TO: receiver })
  expect((await shell.p2pmsg('send', '--save-receipt', 'receipt.json', 'check me')).code).toBe(0)
  const file = join(shell.home, 'receipt.json')
  const { id, position } = JSON.parse(await readFile(file, 'utf8')) as { id: string; position: string }
  const proved = await python(['verify_receipt.py', file, receiver])
  expect(proved).toMatchObject({ code: 0, stdout: expect.stringContaining(`proved: ${id} stands at ${position}`) })
  const other = await python(['verify_receipt.py', file, `p2pmsg://${'y'.repeat(52)}`])
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('not proved') })
})
