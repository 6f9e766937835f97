import type { Address, KeyPair, RefusalCode } from '@p2pmsg/protocol'
import type { DhtOptions } from './dht/find-record.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { WayName } from './ways/way.ts'

export type SenderOptions = Readonly<{
  /** Who signs; who only delivers what is signed needs none. */
  keys?: KeyPair
  /**
   * `p2pmsg://<key>[@host:port][/topic]`: the host is asked for the record, the record names the routers. Without a host the
   * record is looked up in the DHT.
   */
  address: string | Address
  /** How that is done. */
  dht?: DhtOptions
  /** Messages in flight, 1–4096; default 64. */
  window?: number
  /** One message in flight, so that the feed has them in the order of `send`. */
  ordered?: boolean
  /** What counts as sent; default `accepted`. */
  wait?: Wait
  /** Ends every message that has no answer yet, and takes no more. */
  signal?: AbortSignal
  /** Where messages are on disk before they leave, until they have their end; and their receipts after that. */
  outbox?: Outbox
  /** Local address to send from; default: the system's choice. */
  host?: string
}>

/** `logged`: the cluster owns the bytes. `accepted`: there is a receipt. `stored`: and readers see it. */
export type Wait = 'logged' | 'accepted' | 'stored'

export type DeliverOptions = Readonly<{
  /** Instead of the sender's. */
  wait?: Wait
  /** Ends this message alone; what became of it is then unknown. */
  signal?: AbortSignal
}>

export type SendResult = Readonly<{
  /** The message's id, hex. */
  id: string
  /** The receiver's address, as this sender was given it. */
  address: string
  /** Datagrams and HTTP requests that it took; over a pipe the times that it was given to it. */
  attempts: number
  /** From its turn in the window to the answer, milliseconds; a sender's first message finds the routers in it too. */
  millis: number
}> &
  (
    | Readonly<{ stage: 'accepted' | 'stored'; receipt: Uint8Array; verified: true }>
    | Readonly<{ stage: 'logged'; receipt: undefined; verified: false }>
  )

/** What a sender tells whoever listens (`sender.on(…)`), in the order in which it happens. */
export type SenderEvents = {
  /** A message has what was waited for. */
  sent: [result: SendResult]
  /** A message was refused finally. */
  refused: [refusal: Readonly<{ id: string; code: RefusalCode }>]
  /** New messages go another way first: the pipe, where there is one; else KRPC; else HTTP. */
  way: [way: WayName]
  /** An answer was of no use: why, in words. */
  useless: [why: string]
}
