/**
 * The sending side of a load over a pipe, in a process of its own: the client library's own sender, with as many messages under
 * way as the window says, signed beforehand.
 */
import { Sender } from '@p2pmsg/client'
import { expectParsed, fromHex, parseReceipt, positionOf } from '@p2pmsg/protocol'
import type { LoadOrder, LoadResult } from './load.ts'
import { signMessages } from './signed-messages.ts'

async function run(order: LoadOrder): Promise<LoadResult> {
  const receiver = fromHex(order.receiver, 32) ?? new Uint8Array(32)
  const messages = signMessages(receiver, order.messages)
  const endpoint = { host: '127.0.0.1', port: order.udpPort }
  const patience = new AbortController()
  const address = { receiver, endpoint, topic: '' }
  await using sender = await Sender.start({ address, window: order.window, signal: patience.signal })
  const accepted: LoadResult['accepted'][number][] = []
  const refused: Record<string, number> = {}
  sender.on('refused', ({ code }) => {
    refused[code] = (refused[code] ?? 0) + 1
  })
  let waiting: NodeJS.Timeout | undefined
  const heard = () => {
    clearTimeout(waiting)
    waiting = setTimeout(() => patience.abort(), order.patienceMs)
  }
  const rest = messages.values()
  const worker = async () => {
    for (const message of rest) {
      const result = await sender.deliver(message).catch(() => undefined)
      const nowMs = performance.timeOrigin + performance.now()
      if (!result?.receipt) continue
      const { statement, index } = expectParsed(parseReceipt(result.receipt), 'receipt')
      const position = positionOf(statement.streamSeq, index).toString()
      accepted.push({ id: result.id, position, sentMs: nowMs - result.millis, latencyMs: result.millis })
      heard()
    }
  }
  const startedMs = Date.now()
  heard()
  await Promise.all(Array.from({ length: order.window }, worker))
  const endedMs = Date.now()
  clearTimeout(waiting)
  if (sender.way !== 'pipe') throw new Error(`the messages went by ${sender.way}`)
  const putOff = Object.fromEntries(sender.putOff)
  const ended = accepted.length + Object.values(refused).reduce((a, b) => a + b, 0)
  const unanswered = order.messages - ended
  return { startedMs, endedMs, accepted, refused, putOff, resent: sender.counts.attempts - order.messages, unanswered }
}

process.once('message', (order: LoadOrder) => {
  void run(order).then((result) => process.send?.(result, () => process.disconnect()))
})
