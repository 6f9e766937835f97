import { type NodeContact, parseCompactNodes, type UdpAddress } from '../krpc/compact.ts'
import type { Found } from './search.ts'
import { askRepeatedly, type Wire } from './wire.ts'

/** Addresses that are asked at once. */
export const BOOTSTRAP_MAX = 32
const TRIES_MAX = 3
/** BEP 32: contacts of both families are wanted. */
export const WANT_BOTH = ['n4', 'n6']
/** While nobody answers, the next round begins after this, doubling, milliseconds. */
const AGAIN_MS_MIN = 5000
const AGAIN_MS_MAX = 5 * 60_000

export type JoinParts = Readonly<{
  own: Uint8Array
  wire: Wire
  families: readonly (4 | 6)[]
  search: (target: Uint8Array, family: 4 | 6, onDone: (found: Found, nowMs: number) => void, nowMs: number) => void
}>

/**
 * Joining (2002 paper, §2.3): a lookup of our own id through nodes that are known from elsewhere, then a refresh of all buckets
 * further away than the closest neighbour. Begins anew while nobody answers.
 */
export class Bootstrap {
  readonly #parts: JoinParts
  #addresses: readonly UdpAddress[] = []
  #onJoined: ((contacts: number, nowMs: number) => void) | undefined
  #againMs = AGAIN_MS_MIN
  #running = false
  #joining = false

  constructor(parts: JoinParts) {
    this.#parts = parts
  }

  /** @param onJoined called once, when the first round that found somebody is through */
  begin(
    addresses: readonly UdpAddress[],
    onJoined: ((contacts: number, nowMs: number) => void) | undefined,
    nowMs: number,
  ): void {
    this.#addresses = addresses.slice(0, BOOTSTRAP_MAX)
    this.#onJoined = onJoined
    this.#againMs = AGAIN_MS_MIN
    if (!this.#running) this.#round(nowMs)
  }

  /** Everyone is gone from the tables: back to where we began. */
  again(nowMs: number): void {
    if (!this.#running && this.#addresses.length > 0) this.#round(nowMs)
  }

  get #contacts(): number {
    return this.#parts.families.reduce((sum, family) => sum + (this.#parts.wire.table(family)?.size ?? 0), 0)
  }

  #round(nowMs: number): void {
    const { wire, own, families } = this.#parts
    this.#running = true
    let open = this.#addresses.length
    const want = families.length > 1 ? WANT_BOTH : undefined
    for (const to of this.#addresses) {
      const question = { to, method: 'find_node', args: { target: own, want } } as const
      askRepeatedly(
        wire,
        TRIES_MAX,
        question,
        (answer, atMs) => {
          if (answer?.kind === 'reply') for (const node of nodesOf(answer.body)) wire.heardOf(node, atMs)
          // The first to answer is enough to go on with; the others come in as they answer.
          open--
          if (this.#contacts > 0) this.#join(atMs)
          else if (open === 0) this.#later(atMs)
        },
        nowMs,
      )
    }
  }

  #join(nowMs: number): void {
    if (this.#joining || !this.#running) return
    this.#joining = true
    const queue = this.#parts.families.filter((family) => (this.#parts.wire.table(family)?.size ?? 0) > 0)
    const next = (atMs: number): void => {
      const family = queue.shift()
      if (family === undefined) return this.#joined(atMs)
      this.#parts.search(this.#parts.own, family, (_found, doneMs) => this.#refresh(family, 0, next, doneMs), atMs)
    }
    next(nowMs)
  }

  /** One bucket after the other, the furthest first. */
  #refresh(family: 4 | 6, bucket: number, then: (nowMs: number) => void, nowMs: number): void {
    const { wire, search } = this.#parts
    const table = wire.table(family)
    if (!table || bucket >= table.buckets.length) return then(nowMs)
    const target = table.targetIn(bucket, wire.random)
    search(target, family, (_found, atMs) => this.#refresh(family, bucket + 1, then, atMs), nowMs)
  }

  #joined(nowMs: number): void {
    this.#joining = false
    this.#running = false
    this.#againMs = AGAIN_MS_MIN
    const onJoined = this.#onJoined
    this.#onJoined = undefined
    onJoined?.(this.#contacts, nowMs)
  }

  #later(nowMs: number): void {
    this.#parts.wire.agenda.at(nowMs + this.#againMs, (atMs) => this.#round(atMs))
    this.#againMs = Math.min(this.#againMs * 2, AGAIN_MS_MAX)
  }
}

/** The nodes of an answer, of both families. */
export function nodesOf(body: { bytes: (key: string) => Uint8Array | undefined }): NodeContact[] {
  return ([4, 6] as const).flatMap((family) =>
    parseCompactNodes(body.bytes(family === 4 ? 'nodes' : 'nodes6') ?? new Uint8Array(0), family),
  )
}
