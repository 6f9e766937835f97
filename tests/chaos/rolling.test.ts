// Proves the rolling update, as a cluster would do it: two of each service behind one UDP address that gives each datagram to another
// router, under load from UDP and HTTP and with a reader who follows. Each process is replaced in turn, first gracefully, then by
// kill −9: no receipted message is lost, none comes twice, every sender ends with a receipt. How long a sender waited is told.
import { setTimeout as sleep } from 'node:timers/promises'
import { readBack } from '@p2pmsg/bench'
import type { Stack } from '@p2pmsg/local'
import { expect, test } from 'vitest'
import { postUntil, Replicas, readUntil, type Sent, sendUntil } from '../support/edge-load.ts'
import { aStack } from '../support/stack.ts'

const VICTIMS = ['router', 'ingest', 'store', 'render-api'].flatMap((service) => [service, `${service}-2`])
/** Between two replacements, milliseconds. */
const APART_MS = 500
/** How long a killed process stays away, milliseconds. */
const AWAY_MS = 300
const PATIENCE_MS = 60_000
const TEST_MS = 240_000

type Replace = (stack: Stack, name: string) => Promise<void>

async function roll(how: string, replace: Replace): Promise<void> {
  await using cluster = await aStack({
    spread: true,
    replicas: { router: 2, ingest: 2, store: 2, 'render-api': 2 },
    env: { router: { P2PMSG_PROVED_RATE: '100000' } },
  })
  const { stack } = cluster
  const receiver = stack.secrets.receiverKeys.publicKey
  const routers = new Replicas(stack.routers.map(({ httpUrl }) => httpUrl))
  const renderers = new Replicas(stack.renderUrls)
  const stop = new AbortController()
  const gone = new AbortController()

  // given people who write and one who reads
  const sending = sendUntil(stop.signal, stack.receiver)
  const posting = postUntil(stop.signal, routers, receiver)
  const reading = readUntil(gone.signal, renderers, receiver)
  await sleep(APART_MS)

  // when every process is replaced in turn
  const begun = Date.now()
  const times: { victim: string; from: number; until: number }[] = []
  for (const victim of VICTIMS) {
    const from = Date.now()
    const post = stack.routers.find(({ name }) => name === victim)?.httpUrl
    const read = { 'render-api': stack.renderUrls[0], 'render-api-2': stack.renderUrls[1] }[victim]
    if (post) routers.withdraw(post)
    if (read) renderers.withdraw(read)
    await replace(stack, victim)
    if (post) routers.add(post)
    if (read) renderers.add(read)
    await sleep(APART_MS)
    times.push({ victim, from, until: Date.now() })
  }
  const replacedMs = Date.now() - begun
  stop.abort()

  // then every message has its receipt, stands in the feed once, and was shown to the reader once
  const [sent, posted] = [await sending, await posting]
  for (const some of [sent, posted]) expect(some.length).toBeGreaterThan(VICTIMS.length)
  const ids = [...sent, ...posted].map(({ id }) => id)
  const [renderUrl = ''] = stack.renderUrls
  await expect.poll(async () => (await readBack(renderUrl, receiver, ids)).lost, { timeout: PATIENCE_MS }).toEqual([])
  expect(await readBack(renderUrl, receiver, ids)).toEqual({
    readable: ids.length,
    lost: [],
    repeated: [],
    ordered: true,
  })
  gone.abort()
  const shown = await reading
  expect(new Set(shown).size).toBe(shown.length)
  const seen = new Set(shown)
  expect(ids.filter((id) => !seen.has(id))).toEqual([])

  const longest = (some: readonly Sent[]) => Math.max(0, ...some.map(({ tookMs }) => tookMs))
  const during = times.map(({ victim, from, until }) => {
    const meanwhile = ({ sentMs }: Sent) => sentMs >= from && sentMs < until
    return `${victim} ${longest(sent.filter(meanwhile))}/${longest(posted.filter(meanwhile))}`
  })
  const again = [...sent, ...posted].reduce((sum, { tries }) => sum + tries - 1, 0)
  process.stdout.write(
    `${how}: ${VICTIMS.length} processes in ${(replacedMs / 1000).toFixed(1)} s under ${ids.length} messages, none lost, none twice, ` +
      `${again} tries again; longest wait for a receipt over UDP/HTTP, ms: ${during.join(', ')}\n`,
  )
}

test('a graceful replacement of every process in turn', { timeout: TEST_MS }, () =>
  roll('graceful', (stack, name) => stack.restart(name)),
)

test('kill −9 of every process in turn', { timeout: TEST_MS }, () =>
  roll('kill −9', async (stack, name) => {
    await stack.kill(name)
    await sleep(AWAY_MS)
    await stack.restart(name)
  }),
)
