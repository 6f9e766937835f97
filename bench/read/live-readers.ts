/**
 * Readers of a live feed, each on a connection of its own, in a process of their own. Says when all of them stand, and then of
 * each message when it had reached how many.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type LiveOrder = Readonly<{
  url: string
  readers: number
  /** Loopback addresses that they come from, in turn: a client may have only so many readers. */
  sources: readonly string[]
}>
/** What a message did, by the wall clock of this machine, Unix milliseconds with fractions. */
export type Reached = Readonly<{ id: string; storedMs: number; arrivalsMs: readonly number[] }>
export type Standing = Readonly<{ standing: number; refused: number }>

/** Connections that are being opened at once. */
const OPENING_MAX = 64
const OPENING_MS_MAX = 60_000
/** What a reader keeps of bytes that are no whole event yet. */
const KEPT_CHARACTERS_MAX = 65_536
const HEAD = /^HTTP\/1\.1 (\d{3})/
const EVENT = /data: (\{.*\})\n\n/g

const now = () => performance.timeOrigin + performance.now()
const reached = new Map<string, { storedMs: number; arrivalsMs: number[] }>() // as many as the bench sends

function arrived(json: string, atMs: number): void {
  const { id, stored } = JSON.parse(json) as { id?: string; stored?: string }
  if (id === undefined || stored === undefined) return
  const known = reached.get(id)
  if (known) known.arrivalsMs.push(atMs)
  else reached.set(id, { storedMs: Date.parse(stored), arrivalsMs: [atMs] })
}

/** @returns the status of the answer, once its head and the opening of the stream are there */
async function follow(url: URL, localAddress: string): Promise<number> {
  const socket = connect({ port: Number(url.port), host: url.hostname, localAddress })
  socket.on('error', () => undefined) // its end is noticed by what does not arrive
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`)
  let kept = ''
  let status = 0
  const { promise, resolve } = Promise.withResolvers<number>()
  socket.on('close', () => resolve(status))
  socket.on('data', (bytes) => {
    const atMs = now()
    kept += bytes.toString('latin1')
    if (status === 0) status = Number(HEAD.exec(kept)?.[1] ?? 0)
    if (kept.includes('\nid: ')) resolve(status)
    let end = 0
    for (const event of kept.matchAll(EVENT)) {
      arrived(event[1] ?? '', atMs)
      end = event.index + event[0].length
    }
    kept = kept.slice(end).slice(-KEPT_CHARACTERS_MAX)
  })
  return Promise.race([promise, sleep(OPENING_MS_MAX, 0, { ref: false })])
}

const [{ url, readers, sources }] = (await once(process, 'message')) as [LiveOrder]
const statuses: number[] = []
let next = 0
const opener = async () => {
  for (let index = next++; index < readers; index = next++) {
    statuses.push(await follow(new URL(url), sources[index % sources.length] as string))
  }
}
await Promise.all(Array.from({ length: OPENING_MAX }, opener))
const standing = statuses.filter((status) => status === 200).length
process.send?.({ standing, refused: readers - standing } satisfies Standing)
// Whatever the bench says next is the question what arrived.
await once(process, 'message')
const all = [...reached].map(([id, { storedMs, arrivalsMs }]) => ({ id, storedMs, arrivalsMs }))
process.send?.(all satisfies Reached[], () => process.exit())
