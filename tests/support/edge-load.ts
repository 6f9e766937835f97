// People who write over UDP and HTTP and one who reads with a cursor, while processes come and go: each goes to whichever replica answers, as
// behind a Service.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { signMessages } from '@p2pmsg/bench'
import { Sender } from '@p2pmsg/client'
import { encodeMessage, keyPairFromSeed, MESSAGE_MEDIA_TYPE, messageId, toHex, toZBase32 } from '@p2pmsg/protocol'

/** Between two tries, milliseconds. */
const AGAIN_MS = 50
/** One try, milliseconds: a replica that was killed in the middle never answers. */
const TRY_MS = 1_500
/** Between two looks at a feed, milliseconds. */
const LOOK_MS = 200
const TRIES_MAX = 20_000
/** Who send over UDP at a time. */
const PEOPLE = 6

/** Replicas that new connections go to, the next one each time. */
export class Replicas {
  readonly #urls: string[]
  #turn = 0

  constructor(urls: readonly string[]) {
    this.#urls = [...urls]
  }

  get next(): string {
    return this.#urls[this.#turn++ % this.#urls.length] ?? ''
  }

  withdraw(url: string): void {
    const at = this.#urls.indexOf(url)
    if (at >= 0) this.#urls.splice(at, 1)
  }

  add(url: string): void {
    if (!this.#urls.includes(url)) this.#urls.push(url)
  }
}

export type Sent = Readonly<{ id: string; sentMs: number; tookMs: number; tries: number }>

/** Posts messages one after the other until told to stop; each until its receipt. */
export async function postUntil(stop: AbortSignal, routers: Replicas, receiver: Uint8Array): Promise<Sent[]> {
  const posted: Sent[] = []
  for (const message of signMessages(receiver, TRIES_MAX)) {
    if (stop.aborted) return posted
    const begun = Date.now()
    const body = Buffer.from(encodeMessage(message))
    for (let tries = 1; ; tries++) {
      if (tries > TRIES_MAX) throw new Error('no router takes a message over HTTP')
      const isAccepted = await accepts(`${routers.next}/v1/messages`, body)
      if (isAccepted) {
        posted.push({ id: toHex(messageId(message)), sentMs: begun, tookMs: Date.now() - begun, tries })
        break
      }
      await sleep(AGAIN_MS)
    }
    await sleep(AGAIN_MS)
  }
  return posted
}

/** Sends over UDP with the client, several at a time, until told to stop; each until its receipt. */
export async function sendUntil(stop: AbortSignal, address: string): Promise<Sent[]> {
  const sent: Sent[] = []
  await using sender = await Sender.start({ keys: keyPairFromSeed(randomBytes(32)), address })
  const one = async (person: number) => {
    for (let i = 0; !stop.aborted; i++) {
      const sentMs = Date.now()
      const { id, attempts } = await sender.send({ text: `message ${i} of person ${person}` })
      sent.push({ id, sentMs, tookMs: Date.now() - sentMs, tries: attempts })
      await sleep(AGAIN_MS)
    }
  }
  await Promise.all(Array.from({ length: PEOPLE }, (_, person) => one(person)))
  return sent
}

async function accepts(url: string, body: Buffer<ArrayBuffer>): Promise<boolean> {
  try {
    const headers = { 'content-type': MESSAGE_MEDIA_TYPE }
    const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TRY_MS) })
    const answer = (await response.json()) as { stage?: unknown }
    return response.ok && (answer.stage === 'accepted' || answer.stage === 'stored')
  } catch {
    return false
  }
}

/** Follows a feed from its beginning until told to stop. @returns every id in the order in which it was shown */
export async function readUntil(stop: AbortSignal, renderers: Replicas, receiver: Uint8Array): Promise<string[]> {
  const shown: string[] = []
  let cursor: string | undefined
  for (;;) {
    const isLast = stop.aborted
    const page = await look(`${renderers.next}/v1/feeds/${toZBase32(receiver)}?limit=200`, cursor)
    if (page) shown.push(...page.messages.map(({ id }) => id))
    cursor = page?.messages.at(-1)?.cursor ?? cursor
    if (page && page.messages.length > 0) continue
    if (isLast && page) return shown
    await sleep(LOOK_MS)
  }
}

type Page = { messages: { id: string; cursor: string }[] }

/** What came after the cursor, oldest first; without one, the newest page turned round: who comes early misses nothing. */
async function look(url: string, cursor: string | undefined): Promise<Page | undefined> {
  try {
    const from = cursor === undefined ? url : `${url}&after=${cursor}`
    const response = await fetch(from, { signal: AbortSignal.timeout(TRY_MS) })
    if (!response.ok) return undefined
    const { messages } = (await response.json()) as Page
    return { messages: cursor === undefined ? messages.toReversed() : messages }
  } catch {
    return undefined
  }
}
