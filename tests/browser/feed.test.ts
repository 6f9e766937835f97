// Proves in a real Chromium that the feed reads well: with script and without, live, by keyboard, without faults that axe finds.
import { mkdir } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { toZBase32 } from '@p2pmsg/protocol'
import { sleep } from '@p2pmsg/runtime'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aBrowser, complaintsOf, findChromium, type TestBrowser } from '../support/browser.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'
import { RenderBench, type RenderService } from '../support/render-bench.ts'

const chromium = findChromium()
/** axe looks at each of five pages, on a machine that may do much else, milliseconds. */
const LOOKS_MS = 180_000
const SCREENSHOTS = new URL('../../out/screenshots/', import.meta.url)

const ada = aKeyPair()
const bob = aKeyPair()
let bench: RenderBench
let service: RenderService
let browser: TestBrowser
let question: string

const to = () => bench.receiver.publicKey

beforeAll(async () => {
  if (!chromium) return
  bench = await RenderBench.start()
  await bench.stores.store()
  service = await bench.renderApi()
  browser = await aBrowser(chromium)
  await bench.accept([
    aMessage(bench.receiver, to(), {
      type: 'p2pmsg/profile',
      name: 'Harbour notes',
      about: 'What comes in and goes out',
    }),
    aMessage(ada, to(), { type: 'p2pmsg/profile', name: 'Ada', about: '' }),
  ])
  await bench.accept(Array.from({ length: 60 }, (_, i) => aMessage(bob, to(), { text: `An old message, number ${i}` })))
  const [asked = ''] = await bench.accept([
    aMessage(
      ada,
      to(),
      { text: 'When does the tide turn?\n\nThe table at https://tides.example/harbour says nothing.' },
      'tides',
    ),
  ])
  question = asked
  const [removed = ''] = await bench.accept([aMessage(bob, to(), { text: 'to be removed' })])
  const [answer = ''] = await bench.accept([
    aMessage(bob, to(), { text: 'At seven, says the gauge.', replyTo: Buffer.from(question, 'hex') }),
  ])
  await bench.accept([
    aMessage(ada, to(), { text: 'Which gauge?', replyTo: Buffer.from(answer, 'hex') }),
    aMessage(bob, to(), { text: 'Ask the harbour master.', replyTo: Buffer.from(question, 'hex') }),
    aMessage(bob, to(), { type: 'p2pmsg/delete', replyTo: Buffer.from(removed, 'hex') }),
    aMessage(ada, to(), { text: 'متى يبدأ المد؟ שלום' }),
    aMessage(ada, to(), { text: '<img src=x onerror="alert(1)"><script>alert(2)</script>' }),
    aMessage(bob, to(), { text: `${'longwordwithoutanybreak'.repeat(20)} end` }),
    aMessage(bob, to(), { type: 'p2pmsg/sealed', body: Buffer.alloc(120) }),
  ])
  while (!(await (await fetch(service.url)).text()).includes('longword')) await sleep(20)
})
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await bench?.[Symbol.asyncDispose]()
})

async function noFaults(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
}

describe.skipIf(!chromium)('the feed in Chromium (skipped where no Chromium is on PATH)', () => {
  test('reads, leads to older messages and back, and complains about nothing', async () => {
    const page = await browser.open()
    const complaints = complaintsOf(page)
    await page.goto(service.url)
    expect(await page.title()).toBe('Harbour notes')
    expect(await page.locator('article').count()).toBe(50)
    expect(await page.locator('article img, article script').count()).toBe(0)
    await page.getByRole('link', { name: 'Older messages' }).click()
    expect(await page.locator('article').count()).toBeGreaterThan(10)
    await page.getByRole('link', { name: 'Newest messages' }).click()
    expect(await page.locator('article').first().textContent()).toContain('Sealed')
    expect(complaints).toEqual([])
  })

  test('says that something came, and moves only when it is asked to', async () => {
    const page = await browser.open()
    const complaints = complaintsOf(page)
    await page.goto(service.url)
    const first = await page.locator('article').first().getAttribute('id')
    await bench.accept([aMessage(ada, to(), { text: 'Fresh from the sea' })])
    const link = page.getByRole('status').getByRole('link', { name: '1 new message' })
    await link.waitFor()
    expect(await page.locator('article').first().getAttribute('id')).toBe(first)
    await bench.accept([aMessage(ada, to(), { text: 'And another' })])
    await page.getByRole('status').getByRole('link', { name: '2 new messages' }).click()
    await page.getByText('Fresh from the sea').waitFor()
    expect(await page.getByRole('status').textContent()).toBe('')
    expect(complaints).toEqual([])
  })

  test('follows a thread from a message to its replies and back', async () => {
    const page = await browser.open()
    await page.goto(`${service.url}/m/${question}`)
    const thread = page.getByRole('region', { name: 'Replies' })
    expect(await thread.locator('article').count()).toBe(3)
    expect(await thread.getByText('In reply to').count()).toBe(0)
    const below = thread.locator('ol ol article').filter({ hasText: 'Which gauge?' })
    const left = (it: typeof below) => it.evaluate((element) => element.getBoundingClientRect().left)
    expect(await left(below)).toBeGreaterThan(await left(thread.locator('article').first()))
    await below.locator('.when').click()
    const parent = page.locator('.parent article')
    expect(await parent.textContent()).toContain('At seven, says the gauge.')
    await parent.getByRole('link', { name: question.slice(0, 8) }).click()
    await page.getByRole('region', { name: 'Replies' }).waitFor()
  })

  test('narrows to an author and a topic, and widens again', async () => {
    const page = await browser.open()
    await page.goto(`${service.url}/?author=${toZBase32(ada.publicKey)}`)
    expect(await page.locator('article').count()).toBeLessThan(10)
    await page.getByRole('link', { name: '#tides' }).click()
    expect(await page.locator('article').count()).toBe(1)
    await page.getByRole('link', { name: 'show all topics' }).click()
    expect(await page.locator('article').count()).toBe(50)
  })

  test.each([true, false])('finds words, and widens again (script: %s)', async (javaScriptEnabled) => {
    const page = await browser.open({ javaScriptEnabled })
    const complaints = complaintsOf(page)
    const found = page.locator('article').filter({ hasText: 'At seven, says the gauge.' })
    // The index follows the feed at a distance.
    await expect
      .poll(async () => {
        await page.goto(service.url)
        await page.getByRole('searchbox', { name: 'Words in messages' }).fill('gauge seven')
        await page.getByRole('button', { name: 'Search' }).click()
        return found.count()
      })
      .toBe(1)
    expect(await page.locator('article').count()).toBe(1)
    expect(await page.getByRole('searchbox').inputValue()).toBe('gauge seven')
    await page.getByRole('link', { name: 'show all words' }).click()
    expect(await page.locator('article').count()).toBe(50)
    expect(complaints).toEqual([])
  })

  test('works without script', async () => {
    const page = await browser.open({ javaScriptEnabled: false })
    await page.goto(service.url)
    expect(await page.locator('article').count()).toBe(50)
    await page.getByRole('link', { name: 'Older messages' }).click()
    expect(await page.getByRole('link', { name: 'Newest messages' }).isVisible()).toBe(true)
  })

  test('works by keyboard: the first stop skips to the messages', async () => {
    const page = await browser.open()
    await page.goto(service.url)
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the messages')
    expect(
      await page.locator(':focus').evaluate((element) => element.getBoundingClientRect().top),
    ).toBeGreaterThanOrEqual(0)
    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').getAttribute('id')).toBe('main')
  })

  describe.each([
    { width: 360, height: 740 },
    { width: 1200, height: 900 },
  ])('at $width pixels', (viewport) => {
    test.each(['light', 'dark'] as const)(
      'in a %s scheme nothing is cut off and axe finds nothing',
      async (colorScheme) => {
        await mkdir(SCREENSHOTS, { recursive: true })
        const page = await browser.open({ viewport, colorScheme, reducedMotion: 'reduce' })
        for (const [name, path] of [
          ['feed', '/'],
          ['thread', `/m/${question}`],
          ['empty', '/?topic=nothing'],
          ['filtered', `/?author=${toZBase32(ada.publicKey)}&topic=tides`],
          ['search', '/?q=message'],
          ['missing', '/m/1'],
        ]) {
          await page.goto(`${service.url}${path}`)
          const [scrollWidth, clientWidth] = await page
            .locator('html')
            .evaluate((root) => [root.scrollWidth, root.clientWidth] as const)
          expect(scrollWidth).toBeLessThanOrEqual(clientWidth)
          await noFaults(page)
          await page.screenshot({ path: new URL(`${name}-${viewport.width}-${colorScheme}.png`, SCREENSHOTS).pathname })
        }
      },
      LOOKS_MS,
    )
  })
})
