// A real Chromium for a test file, on a machine that has one; it talks to nobody but loopback.
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** What a browser does on its own, a test must not do. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
]

/** P2PMSG_CHROMIUM, or the first on PATH; undefined = this machine has none. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = [
    process.env.P2PMSG_CHROMIUM ?? '',
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
  ]
  return found.find((path) => path !== '' && isExecutable(path))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export type TestBrowser = AsyncDisposable &
  Readonly<{
    /** A window of its own, closed with the browser. */
    open(options?: BrowserContextOptions): Promise<Page>
  }>

export async function aBrowser(executablePath: string): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-chromium-'))
  const asRoot = process.getuid?.() === 0 // Chromium's own sandbox refuses root
  const browser = await chromium.launch({
    executablePath,
    args: [...QUIET, ...(asRoot ? ['--no-sandbox'] : [])],
    env: { ...process.env, HOME: folder },
  })
  const contexts: BrowserContext[] = []
  return {
    async open(options = {}) {
      const context = await browser.newContext(options)
      contexts.push(context)
      return context.newPage()
    },
    async [Symbol.asyncDispose]() {
      for (const context of contexts) await context.close()
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Everything that the page did not like: exceptions, console errors, violations of its own content policy. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('requestfailed', (request) => {
    const aborted = request.failure()?.errorText === 'net::ERR_ABORTED' // a live feed that the page closed
    if (!aborted) complaints.push(`${request.url()}: ${request.failure()?.errorText}`)
  })
  return complaints
}
