import type { ReceiverRecord } from '@p2pmsg/protocol'
import { NoRecord, Refused } from '../failures.ts'
import { isPostable, postMessage } from '../http/post-message.ts'
import type { Parcel } from './parcel.ts'
import type { Way } from './way.ts'

export type HttpWayOptions = Readonly<{
  /** The receiver's record, as soon as there is one. @throws {NoRecord}, or the signal's reason */
  record: (signal: AbortSignal) => Promise<ReceiverRecord>
  /** Largest `v` that the receiver takes over UDP, bytes. */
  valueBytesMax: () => number
  onUseless: (why: string) => void
}>

/** The way for messages that no datagram holds, and for senders whose datagrams reach nobody. The record says where it begins. */
export class HttpWay implements Way {
  readonly name = 'http'
  readonly isDown = false // there is none after it
  readonly #options: HttpWayOptions

  constructor(options: HttpWayOptions) {
    this.#options = options
  }

  carries(): boolean {
    return true
  }

  carry(parcel: Parcel): () => void {
    const called = new AbortController()
    this.#post(parcel, called.signal).catch((error: unknown) => {
      if (!called.signal.aborted) parcel.fail(error)
    })
    return () => called.abort()
  }

  async #post(parcel: Parcel, signal: AbortSignal): Promise<void> {
    const { record, valueBytesMax, onUseless } = this.#options
    const { length } = parcel.message.value
    const known = await record(signal).catch((error: unknown) => {
      if (error instanceof NoRecord && length <= valueBytesMax()) return undefined
      throw error
    })
    const postUrl = known?.postUrl
    if (postUrl !== undefined && isPostable(postUrl))
      return parcel.settle(await postMessage(postUrl, parcel, signal, onUseless))
    if (length <= valueBytesMax()) return // the other ways go on
    throw new Refused('too-large', undefined, `${length} bytes fit no datagram, and this receiver takes none over HTTP`)
  }
}
