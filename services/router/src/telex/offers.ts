import {
  type Announcement,
  encodeTelex,
  equalBytes,
  legacySignals,
  type Position,
  type Row,
  type RsaKeys,
  readMessage,
} from '@p2pmsg/protocol'
import { TokenBucket } from '../edge/token-bucket.ts'
import { offered, offersMissed } from '../events.ts'

/** Signing takes a third of a millisecond of the edge's one thread: so many a second, and at once. */
const SIGNED = { perSecond: 20, burst: 40 }

export type OffersOptions = Readonly<{ receiver: Uint8Array; keys: RsaKeys; nowMs: number }>

/**
 * Today's messages as telexes of 2011, signed by the cluster's own key, so that an original `server.js` shows them. Each router makes
 * them for its own tappers from what the store announces; none is made twice, and none of what came as a telex.
 */
export class Offers {
  readonly #options: OffersOptions
  readonly #signing: TokenBucket
  #last: Position | undefined

  constructor(options: OffersOptions) {
    this.#options = options
    this.#signing = new TokenBucket(SIGNED, options.nowMs)
  }

  /** @returns datagrams without headers, oldest first */
  of({ rows }: Announcement, nowMs: number): Uint8Array[] {
    if (!rows) {
      offersMissed('not-announced')
      return []
    }
    return rows.flatMap((row) => this.#telexOf(row, nowMs) ?? [])
  }

  #telexOf(row: Row, nowMs: number): Uint8Array | undefined {
    const { receiver, keys, nowMs: startedMs } = this.#options
    if (row.dialect === 'telex' || row.message.length === 0) return undefined
    const message = readMessage({ dialect: row.dialect, receivedMs: row.receivedMs, bytes: row.message })
    if (!message.ok || !equalBytes(message.value.receiver, receiver)) return undefined
    // The store repeats its last announcement each second; one made before this router started was offered by the others.
    if (row.storedMs < startedMs || (this.#last !== undefined && row.position <= this.#last)) return undefined
    this.#last = row.position
    const { text } = message.value.content
    if (text === undefined) return undefined
    if (!this.#signing.take(nowMs)) {
      offersMissed('over-rate')
      return undefined
    }
    offered()
    return encodeTelex({}, legacySignals(text, keys))
  }
}
