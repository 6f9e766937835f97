// Proves that get-telehash, unmodified, finds our router, opens a line, is seen by others, taps, and hears what was said to another
// replica; and that our replicas serve tappers of one another.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RouterBench } from '../support/router-bench.ts'
import { ThinClient } from '../support/thin-client.ts'

const END = 'p2pmsg interop'
const MODULE = new URL('../support/telehash-peer.ts', import.meta.url)
/** It taps every 40 s at most, and a line opens within its first 15 s, milliseconds. */
const TEST_MS_MAX = 120_000

type Heard = { online?: string; heard?: Record<string, unknown>; peers?: string[] }

class TelehashPeer implements AsyncDisposable {
  readonly heard: Record<string, unknown>[] = []
  address = ''
  peers: string[] = []
  readonly #process

  constructor(seedPort: number) {
    this.#process = fork(MODULE, [`127.0.0.1:${seedPort}`, END], { execArgv: ['--no-deprecation'] })
    this.#process.on('message', ({ online, heard, peers }: Heard) => {
      if (online) this.address = online
      if (heard) this.heard.push(heard)
      if (peers) this.peers = peers
    })
  }

  announce(signals: Record<string, unknown>): void {
    this.#process.send({ announce: signals })
  }

  askPeers(): void {
    this.#process.send({})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }
}

async function until(what: () => boolean, tries?: () => void): Promise<void> {
  while (!what()) {
    tries?.()
    await sleep(250)
  }
}

let bench: RouterBench
beforeAll(async () => {
  bench = await RouterBench.start()
})
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
})

test('get-telehash at one replica hears what is said at another', { timeout: TEST_MS_MAX }, async () => {
  const [one, two] = [await bench.router(), await bench.router()]
  await using listener = new TelehashPeer(one.udpPort)
  await until(() => listener.address !== '')
  expect(listener.address).toMatch(/^127\.0\.0\.1:\d+$/)

  // it is seen: whoever asks our router is told of it
  await using asker = await ThinClient.open(one.udpPort)
  await until(
    () => asker.seen.has(listener.address),
    () => asker.dial(),
  )

  // a thin client, and another get-telehash, each at the other replica
  await using sayer = await ThinClient.open(two.udpPort)
  await until(
    () => listener.heard.some((telex) => telex['+wall'] === 'from a thin client'),
    () => sayer.say({ '+wall': 'from a thin client', '+n': 5 }),
  )
  expect(listener.heard.find((telex) => telex['+wall'] === 'from a thin client')).toMatchObject({ '+n': 5, _hop: 2 })

  await using speaker = new TelehashPeer(two.udpPort)
  await until(() => speaker.address !== '')
  await until(
    () => listener.heard.some((telex) => telex['+wall'] === 'from get-telehash'),
    () => speaker.announce({ '+wall': 'from get-telehash', '+guid': Math.random() }),
  )

  // and it knows both others through us
  await until(
    () => listener.peers.includes(`127.0.0.1:${one.udpPort}`),
    () => listener.askPeers(),
  )
})

test('tappers of two replicas hear what is said at either, their own replica included', async () => {
  const routers = [await bench.router(), await bench.router()]
  await using stack = new AsyncDisposableStack()
  const clients: ThinClient[] = []
  for (const { udpPort } of routers) clients.push(stack.use(await ThinClient.open(udpPort)))
  for (const client of clients)
    await until(
      () => client.line !== undefined,
      () => client.tap([{ has: ['+a'] }]),
    )
  for (const [i, client] of clients.entries()) {
    const text = `said at ${i}`
    await until(
      () => clients.every(({ heard }) => heard.some((telex) => telex['+a'] === text)),
      () => client.say({ '+a': text }),
    )
  }
  // A line that one replica opened is another's too.
  const [first, second] = routers
  const [moved] = clients
  expect(first?.udpPort).not.toBe(second?.udpPort)
  moved?.moveTo(second?.udpPort ?? 0)
  moved?.tapAgain([{ has: ['+b'] }])
  await until(
    () => moved?.heard.some((telex) => telex['+b'] === 'after the move') ?? false,
    () => clients[1]?.say({ '+b': 'after the move' }),
  )
})
