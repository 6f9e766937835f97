// Proves in a real Chromium that examples/send.html gets a message through a whole stack, from a disk and from another origin:
// WebCrypto signs it, the router's door lets any page in, and the page believes only a receipt that proves itself.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { formatAddress } from '@p2pmsg/protocol'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aBrowser, complaintsOf, findChromium, type TestBrowser } from '../support/browser.ts'
import { EXAMPLES } from '../support/example.ts'
import { aKeyPair } from '../support/messages.ts'
import { aStack } from '../support/stack.ts'

const chromium = findChromium()
const PAGE = join(EXAMPLES, 'send.html')
let whole: Awaited<ReturnType<typeof aStack>>
let browser: TestBrowser

beforeAll(async () => {
  if (!chromium) return
  whole = await aStack()
  browser = await aBrowser(chromium)
})
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await whole?.[Symbol.asyncDispose]()
})

const postUrl = () => `${whole.stack.routers[0]?.httpUrl}/v1/messages`

/** What the page says in the end. */
async function sent(
  page: Page,
  at: string,
  text: string,
  to = whole.stack.receiver,
  post = postUrl(),
): Promise<string> {
  await page.goto('about:blank') // where only the hash is another, nothing is loaded
  await page.goto(`${at}#${new URLSearchParams({ to, post }).toString()}`)
  await page.getByLabel('Message').fill(text)
  await page.getByRole('button', { name: 'Sign and send' }).click()
  const said = page.getByRole('status')
  await page.locator('button:enabled').waitFor()
  return (await said.textContent()) ?? ''
}

/** The page on an HTTP server of its own, which is another origin than the router's. */
async function elsewhere(): Promise<AsyncDisposable & { url: string }> {
  const html = await readFile(PAGE)
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function expectAccepted(page: Page, at: string, text: string): Promise<void> {
  const complaints = complaintsOf(page)
  const said = await sent(page, at, text)
  expect(said).toMatch(/^accepted: [0-9a-f]{64} stands at \d+ in the receiver’s log, synced$/)
  const id = /[0-9a-f]{64}/.exec(said)?.[0]
  const url = `${whole.stack.renderUrls[0]}/v1/messages/${id}`
  await expect.poll(async () => (await fetch(url)).status).toBe(200)
  expect(await (await fetch(url)).text()).toContain(text)
  expect(complaints).toEqual([])
}

describe.skipIf(!chromium)('the page that sends, in Chromium (skipped where no Chromium is on PATH)', () => {
  test('gets a receipt that proves itself, opened from a disk', async () => {
    await expectAccepted(await browser.open(), pathToFileURL(PAGE).href, 'grüße from a disk')
  })

  test('and from another origin than the router', async () => {
    await using host = await elsewhere()
    await expectAccepted(await browser.open(), host.url, 'grüße from elsewhere')
  })

  test('says what was refused and why, and that what answers is no router', async () => {
    const page = await browser.open()
    const at = pathToFileURL(PAGE).href
    const stranger = formatAddress({ receiver: aKeyPair().publicKey, endpoint: undefined, topic: '' })
    expect(await sent(page, at, 'hello', stranger)).toMatch(/^refused: unknown-receiver\./)
    await using host = await elsewhere()
    expect(await sent(page, at, 'hello', whole.stack.receiver, host.url)).toMatch(/^not sent: /)
  })

  test.each([
    ['statement', 50],
    ['signature', 60],
    ['receipt key', 120],
    ['delegation', 170],
    ['id', 240],
    ['index', 263],
  ])('believes no receipt in which one bit of the %s is another', async (_name, at) => {
    const page = await browser.open()
    await page.route(postUrl(), async (route) => {
      const response = await route.fetch()
      const answer = (await response.json()) as { receipt: string }
      const receipt = Buffer.from(answer.receipt, 'base64url')
      receipt.writeUInt8(receipt.readUInt8(at) ^ 1, at)
      await route.fulfill({ response, json: { ...answer, receipt: receipt.toString('base64url') } })
    })
    expect(await sent(page, pathToFileURL(PAGE).href, 'hello')).toBe('the receipt proves nothing')
  })
})
