import { formatCursor, type Position } from '@p2pmsg/protocol'

/** Server-sent events (HTML Living Standard §9.2). An `id` is always a cursor. */
export const SSE_MEDIA_TYPE = 'text/event-stream; charset=utf-8'
/** How long a reader waits before it comes back, milliseconds. */
const RETRY_MS = 1_000
/** On a drain all readers come back; they do so within this, milliseconds, at different times. */
const DRAIN_SPREAD_MS = 3_000

/** A message. @param json in one line, as JSON.stringify writes it */
export function messageEvent(cursor: string, json: string): Buffer {
  return Buffer.from(`id: ${cursor}\ndata: ${json}\n\n`)
}

/** The beginning of a stream. The bare `id` raises no event, and lets a reader who has seen nothing yet come back to this very place. */
export function opening(position: Position): Buffer {
  return Buffer.from(`retry: ${RETRY_MS}\nid: ${formatCursor(position)}\n\n`)
}

/** Keeps proxies from thinking that the line is dead. */
export const HEARTBEAT: Buffer = Buffer.from(':\n\n')

/** The cursor that was given is none of this feed's: the stream goes on from another. */
export function gapEvent(oldest: Position): Buffer {
  return named('gap', { oldest: formatCursor(oldest) })
}

/** Why a stream ends. `slow`: the reader took too long; `drain`: this process stops; `gone`: the feed is no longer here. */
export type Ending = 'slow' | 'drain' | 'gone'

export function endingEvent(ending: Ending, position: Position): Buffer {
  const retry = ending === 'drain' ? `retry: ${Math.floor(Math.random() * DRAIN_SPREAD_MS)}\n` : ''
  const cursor = formatCursor(position)
  return Buffer.concat([Buffer.from(`${retry}id: ${cursor}\n`), named(ending, { cursor })])
}

function named(event: string, data: object): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
