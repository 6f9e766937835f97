// Proves promise 1 and 2 under kill −9 of every process of the cluster in the middle of a run, by datagrams and over a pipe: each
// message ends with a receipt, each receipted message is in the feed exactly once and in one order.

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBack, sendLoad } from '@p2pmsg/bench'
import { Sender } from '@p2pmsg/client'
import { keyPairFromSeed, toHex } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aStack } from '../support/stack.ts'

const LONG = process.env.P2PMSG_LONG === '1'
const MESSAGES = LONG ? 10_000 : 3_000
/** Between two kills, milliseconds: long enough that work has begun again. */
const APART_MS = LONG ? 4_000 : 2_000
/** How long a killed process stays away, milliseconds. */
const AWAY_MS = 300
const VICTIMS = ['router', 'ingest', 'store', 'nats', 'postgres'] as const
/** Messages over a pipe, of which so many are under way at a time. */
const PIPED = LONG ? 10_000 : 2_000
const WINDOW = 256

let cluster: Awaited<ReturnType<typeof aStack>>
beforeAll(async () => {
  cluster = await aStack({ env: { router: { P2PMSG_PROVED_RATE: '100000' } } })
})
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]()
})

test(
  `kill −9 of the router in the middle of ${PIPED} messages over a pipe`,
  async () => {
    const { stack } = cluster
    const keys = keyPairFromSeed(randomBytes(32))
    await using sender = await Sender.start({ keys, address: stack.receiver, window: WINDOW })
    const sends = Array.from({ length: PIPED }, (_, i) => sender.send({ text: `message ${i}` }))
    // given that half of them have their receipt
    while (sender.counts.accepted < PIPED / 2) await sleep(5)
    expect(sender.way).toBe('pipe')
    // when the router is killed and comes back
    await stack.kill('router')
    const inTheMiddle = sender.counts.accepted
    await sleep(AWAY_MS)
    await stack.restart('router')
    // then all have their receipt without help, and the feed has each of them once
    const results = await Promise.all(sends)
    expect(inTheMiddle).toBeLessThan(PIPED)
    expect(sender.way).toBe('pipe')
    const ids = results.map(({ id }) => id)
    const receiver = stack.secrets.receiverKeys.publicKey
    const proof = () => readBack(stack.renderUrls[0] ?? '', receiver, ids)
    await expect.poll(async () => (await proof()).lost, { timeout: 30_000 }).toEqual([])
    expect(await proof()).toEqual({ readable: PIPED, lost: [], repeated: [], ordered: true })
  },
  LONG ? 300_000 : 120_000,
)

test(
  `kill −9 of ${VICTIMS.join(', ')} in turn during ${MESSAGES} messages`,
  async () => {
    const { stack } = cluster
    const receiver = stack.secrets.receiverKeys.publicKey

    // given a run that lasts longer than the kills
    const rate = Math.floor(MESSAGES / (((VICTIMS.length + 1) * APART_MS) / 1000))
    const load = sendLoad({
      receiver: toHex(receiver),
      messages: MESSAGES,
      window: 64,
      rate,
      udpPort: stack.routers[0]?.udpPort ?? 0,
      sources: ['127.0.0.1'],
      patienceMs: 60_000,
    })
    await sleep(APART_MS / 2)

    // when each process is killed in turn and comes back
    for (const victim of VICTIMS) {
      await stack.kill(victim)
      await sleep(AWAY_MS)
      await stack.restart(victim)
      await sleep(APART_MS)
    }

    // then every message has its receipt, and every receipt holds
    const result = await load.result
    expect(result.unanswered).toBe(0)
    expect(result.accepted).toHaveLength(MESSAGES)
    const ids = result.accepted.map(({ id }) => id)
    await expect
      .poll(async () => (await readBack(stack.renderUrls[0] ?? '', receiver, ids)).lost, { timeout: 30_000 })
      .toEqual([])
    const proof = await readBack(stack.renderUrls[0] ?? '', receiver, ids)
    expect(proof).toEqual({ readable: MESSAGES, lost: [], repeated: [], ordered: true })
    process.stdout.write(
      `${MESSAGES} messages at ${rate}/s, ${result.resent} sent again, put off: ${JSON.stringify(result.putOff)}\n`,
    )
  },
  LONG ? 300_000 : 120_000,
)
