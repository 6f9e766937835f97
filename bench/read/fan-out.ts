import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@p2pmsg/local'
import { toHex, toZBase32 } from '@p2pmsg/protocol'
import { cpuSeconds } from '../load/cpu.ts'
import { percentiles } from '../load/percentiles.ts'
import { sendLoad } from '../load/send-load.ts'
import { PartProcess } from './in-process.ts'
import type { LiveOrder, Reached, Standing } from './live-readers.ts'

export type FanOut = Readonly<{
  readers: number
  refused: number
  /** Resident memory of render-api per reader, bytes: without what the kernel keeps for its socket. */
  bytesPerReader: number
  messages: number
  /** Arrivals that did not come: of each message, one per reader is due. */
  missing: number
  /** From the begin of the transaction that stored a message to its arrival at the last reader. */
  lastMs: ReturnType<typeof percentiles>
  /** To each reader, over all messages. */
  eachMs: ReturnType<typeof percentiles>
  /** CPU of render-api per message and reader, microseconds. */
  cpuMicros: number
}>

/** Addresses that the readers come from. */
const SOURCES = Array.from({ length: 250 }, (_, i) => `127.0.1.${i + 1}`)
/** One message at a time, so that none waits behind another, per second. */
const RATE = 1
/** After the last reader has come, until memory is read: what the opening threw away is gone by then, milliseconds. */
const SETTLE_MS = 3_000
/** After the last receipt, for the last arrivals, milliseconds. */
const ARRIVE_MS = 5_000

/** Lets readers follow the stack's feed, sends messages over UDP, and waits until everybody has them. */
export async function fanOut(
  stack: Stack,
  { readers, messages }: Readonly<{ readers: number; messages: number }>,
): Promise<FanOut> {
  const pid = stack.pids()['render-api'] ?? 0
  const receiver = stack.secrets.receiverKeys.publicKey
  const url = `${stack.renderUrls[0]}/v1/feeds/${toZBase32(receiver)}/live`
  const before = await residentBytes(pid)
  await using following = new PartProcess('./live-readers.ts', { url, readers, sources: SOURCES } satisfies LiveOrder)
  const { standing, refused } = await following.next<Standing>()
  await sleep(SETTLE_MS)
  const after = await residentBytes(pid)
  const cpuBefore = (await cpuSeconds({ render: pid })).render ?? 0
  const { accepted } = await sendLoad({
    receiver: toHex(receiver),
    messages,
    window: 1,
    rate: RATE,
    udpPort: stack.routers[0]?.udpPort ?? 0,
    sources: ['127.0.0.1'],
    patienceMs: ARRIVE_MS,
  }).result
  await sleep(ARRIVE_MS)
  const cpuAfter = (await cpuSeconds({ render: pid })).render ?? 0
  const result = following.next<Reached[]>()
  following.child.send('what arrived?')
  const reached = new Map((await result).map((one) => [one.id, one]))
  const sent = accepted.flatMap(({ id }) => reached.get(id) ?? [])
  const arrivals = sent.reduce((sum, { arrivalsMs }) => sum + arrivalsMs.length, 0)
  return {
    readers: standing,
    refused,
    bytesPerReader: Math.round((after - before) / Math.max(1, standing)),
    messages: accepted.length,
    missing: accepted.length * standing - arrivals,
    lastMs: percentiles(sent.map(({ storedMs, arrivalsMs }) => arrivalsMs.reduce(later, 0) - storedMs)),
    eachMs: percentiles(sent.flatMap(({ storedMs, arrivalsMs }) => arrivalsMs.map((ms) => ms - storedMs))),
    cpuMicros: ((cpuAfter - cpuBefore) * 1e6) / Math.max(1, arrivals),
  }
}

function later(a: number, b: number): number {
  return Math.max(a, b)
}

/** proc(5), `VmRSS`. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}
