import { setTimeout as sleep } from 'node:timers/promises'
import { Sender } from '@p2pmsg/client'
import { type DurabilityClass, parseReceipt } from '@p2pmsg/protocol'
import type { Stack } from './stack.ts'
import { Trouble } from './trouble.ts'

const DEADLINE_MS = 60_000 // a cold start on a slow machine; usually 100 ms
const POLL_MS = 5 // short, because the wait is what is measured
const REQUEST_MS = 5_000

export type FirstMessage = Readonly<{
  id: string
  text: string
  /** The receipt as it came, verified against the receiver's key. */
  receipt: Uint8Array
  durability: DurabilityClass
  /** What happened when, in milliseconds after the first datagram left. */
  stages: readonly Readonly<{ what: string; atMs: number }>[]
}>

/**
 * Sends a message through the router's UDP port, as anybody would, and reads it back from the feed.
 * @throws {Trouble} no receipt, or not what was sent
 */
export async function sendFirstMessage(stack: Stack, text: string): Promise<FirstMessage> {
  const [renderUrl] = stack.renderUrls
  if (!renderUrl) throw new Trouble('this stack has no render-api to read from')
  const signal = AbortSignal.timeout(DEADLINE_MS)
  await using sender = await Sender.start({ keys: stack.secrets.senderKeys, address: stack.receiver, signal })
  const begun = Date.now()
  const sent = await sender.send({ text })
  const receivedReceipt = Date.now()
  if (sent.stage === 'logged') throw new Trouble('the message was logged but not judged: does ingest run?')
  const receipt = parseReceipt(sent.receipt)
  if (!receipt.ok) throw new Trouble(`the receipt cannot be read: ${receipt.fault}`)
  const message = await readBack(`${renderUrl}/v1/messages/${sent.id}`, signal)
  if (message.text !== text) throw new Trouble(`the feed has another text than was sent: ${String(message.text)}`)
  const { durability, time } = receipt.value.statement
  const stages = [
    { what: 'received by the router', at: Date.parse(message.received) },
    { what: 'judged and in the log, receipt signed by ingest', at: time },
    { what: 'receipt verified by the sender', at: receivedReceipt },
    { what: 'committed by the store', at: Date.parse(message.stored) },
    { what: 'read back from the feed', at: Date.now() },
  ]
  return {
    id: sent.id,
    text,
    receipt: sent.receipt,
    durability,
    stages: stages.sort((a, b) => a.at - b.at).map(({ what, at }) => ({ what, atMs: at - begun })),
  }
}

type Served = Readonly<{ text: unknown; received: string; stored: string }>

async function readBack(url: string, signal: AbortSignal): Promise<Served> {
  while (!signal.aborted) {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]) })
    const body: unknown = await response.json()
    if (response.ok && isServed(body)) return body
    if (response.status !== 404) throw new Trouble(`${url} answers ${response.status}: ${JSON.stringify(body)}`)
    await sleep(POLL_MS)
  }
  throw new Trouble(`${url} does not show the message within ${DEADLINE_MS / 1000} s`)
}

function isServed(body: unknown): body is Served {
  if (typeof body !== 'object' || body === null || !('received' in body) || !('stored' in body)) return false
  return 'text' in body && typeof body.received === 'string' && typeof body.stored === 'string'
}
