import { setTimeout as sleep } from 'node:timers/promises'
import { toZBase32 } from '@p2pmsg/protocol'

type Page = { messages: { id: string; position: string }[]; next: string | null }

/** Most pages read; with 200 a page, far more than any bench sends. */
const PAGES_MAX = 100_000
const TRIES_MAX = 20

/** Reads the whole feed as any program would, newest first, page by page. */
export async function readFeed(renderUrl: string, receiver: Uint8Array): Promise<Page['messages']> {
  const all: Page['messages'] = []
  let cursor = ''
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const response = await patiently(`${renderUrl}/v1/feeds/${toZBase32(receiver)}?limit=200${cursor}`)
    if (!response.ok) throw new Error(`the feed answered ${response.status}: ${(await response.text()).slice(0, 200)}`)
    const page = (await response.json()) as Page
    all.push(...page.messages)
    if (page.next === null) return all
    cursor = `&before=${page.next}`
  }
  throw new Error('the feed does not end')
}

/** Comes back when it is told to: reading a whole feed is more than one client may ask for at once. */
async function patiently(url: string): Promise<Response> {
  for (let tries = 0; ; tries++) {
    const response = await fetch(url)
    if (response.status !== 429 || tries === TRIES_MAX) return response
    await response.body?.cancel()
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1000)
  }
}

export type ReadBack = Readonly<{
  readable: number
  /** Ids with a receipt that the feed does not have. */
  lost: readonly string[]
  /** Ids that the feed has more than once. */
  repeated: readonly string[]
  /** Positions fall from page to page, each below the one before. */
  ordered: boolean
}>

/** Holds the feed against the receipts. */
export async function readBack(renderUrl: string, receiver: Uint8Array, ids: readonly string[]): Promise<ReadBack> {
  const feed = await readFeed(renderUrl, receiver)
  const times = new Map<string, number>()
  for (const { id } of feed) times.set(id, (times.get(id) ?? 0) + 1)
  const positions = feed.map(({ position }) => BigInt(position))
  return {
    readable: ids.filter((id) => times.has(id)).length,
    lost: ids.filter((id) => !times.has(id)),
    repeated: [...times].filter(([, count]) => count > 1).map(([id]) => id),
    ordered: positions.every((position, i) => i === 0 || position < (positions[i - 1] as bigint)),
  }
}
