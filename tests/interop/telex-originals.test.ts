// Proves that the programs of February 2011 work against our stack, unmodified: client.js, and two server.js with their pages.
// Their code is no part of this project: P2PMSG_ORIGINALS names a folder with client.js, server.js, and what they require.
import { type ChildProcess, spawn } from 'node:child_process'
import { access, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endWithUs, freePort } from '@p2pmsg/local'
import { toHex } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aStack } from '../support/stack.ts'

const ORIGINALS = process.env['P2PMSG_ORIGINALS']
const NOT_RUN = 'the originals were not run: P2PMSG_ORIGINALS names no checkout of them'
const PRELOAD = fileURLToPath(new URL('../support/originals-preload.cjs', import.meta.url))
/** server.js speaks by itself every 30 s, and a tapper hears from us every 25 s, milliseconds. */
const TEST_MS_MAX = 120_000
/** A switch of 2011 fell silent towards a peer without `_br`, as server.js is, after 10 kB; one telex of these is over 400 bytes. */
const MANY = 40
/** Beyond the time in which a datagram's copy is known as one, milliseconds. */
const AGAIN_MS = 2_100

/** An original in a folder of its own, for it writes where it stands. */
class Original implements AsyncDisposable {
  readonly httpUrl: string
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(folder: string, child: ChildProcess, httpPort: number) {
    this.#folder = folder
    this.#process = child
    this.httpUrl = `http://127.0.0.1:${httpPort}`
  }

  static async start(script: string, routerPort: number, ...words: string[]): Promise<Original> {
    const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-original-'))
    await cp(ORIGINALS ?? '', folder, { recursive: true })
    const httpPort = await freePort()
    const env = {
      ...process.env,
      P2PMSG_TEST_ROUTER_PORT: String(routerPort),
      P2PMSG_TEST_HTTP_PORT: String(httpPort),
    }
    const args = ['--require', PRELOAD, script, ...words]
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' })
    endWithUs(child)
    return new Original(folder, child, httpPort)
  }

  get exited(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) resolve()
      else this.#process.once('exit', () => resolve())
    })
  }

  /** What its page of messages says; '' while it does not answer. */
  async tweets(): Promise<string> {
    const page = await fetch(`${this.httpUrl}/tweets`).catch(() => undefined)
    return page ? page.text() : ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill()
    await this.exited
    await rm(this.#folder, { recursive: true })
  }
}

let whole: Awaited<ReturnType<typeof aStack>> | undefined
beforeAll(async () => {
  if (ORIGINALS === undefined) return
  await access(join(ORIGINALS, 'server.js'))
  whole = await aStack()
})
afterAll(async () => {
  await whole?.[Symbol.asyncDispose]()
})

async function feedText(): Promise<string> {
  if (!whole) return ''
  const { renderUrls, secrets } = whole.stack
  return (await fetch(`${renderUrls[0]}/v1/feeds/${toHex(secrets.receiverKeys.publicKey)}?limit=100`)).text()
}

test('two server.js and our feed list what client.js and a send box said, also after a restart of the router', {
  timeout: TEST_MS_MAX,
}, async ({ skip }) => {
  if (!whole) return skip(NOT_RUN)
  const { stack } = whole
  const port = stack.routers[0]?.udpPort ?? 0
  await using first = await Original.start('server.js', port)
  await using second = await Original.start('server.js', port)
  /** How often each of the three lists it. */
  const listings = async (text: string) =>
    [await first.tweets(), await second.tweets(), await feedText()].map((page) => page.split(text).length - 1)

  /** Says it anew, in words that tell the tries apart, until one is listed everywhere: before their taps, nobody listens. */
  const listed = async (what: string, say: (text: string) => Promise<void>) => {
    for (let nth = 1; ; nth++) {
      const text = `${what}-${nth}`
      await say(text)
      for (let looks = 0; looks < 10; looks++) {
        if ((await listings(text)).every((times) => times > 0)) return
        await sleep(200)
      }
    }
  }
  const byClient = async (text: string) => {
    await using client = await Original.start('client.js', port, text)
    await client.exited
  }
  const bySendBox = async (text: string) => {
    await fetch(`${first.httpUrl}/send?message=${encodeURIComponent(text)}`).catch(() => undefined)
  }
  await listed('from-client-js', byClient)
  await listed('from-the-send-box', bySendBox)

  // Now that they tap, each is said once, and each saying is listed once.
  const beyondAscii = 'é € 😀 ü日本'
  await byClient(`by client.js: ${beyondAscii}`)
  await bySendBox(`by the send box: ${beyondAscii}`)
  await expect.poll(() => listings(beyondAscii)).toEqual([2, 2, 2])
  await bySendBox('the same words')
  await sleep(AGAIN_MS) // sooner, the same bytes from the same address are one message
  await bySendBox('the same words')
  await expect.poll(() => listings('the same words')).toEqual([2, 2, 2])
  for (let nth = 0; nth < MANY; nth++) await bySendBox(`one-of-many-${nth}`)
  await expect.poll(() => listings('one-of-many')).toEqual([MANY, MANY, MANY])

  await stack.restart('router')
  await listed('after-the-restart', byClient)
})
