import { VALUE_UDP_BYTES_MAX } from '../limits.ts'
import type { Endpoint } from '../message/endpoint.ts'
import type { Item } from '../message/item.ts'
import type { KeyPair } from '../message/signature.ts'
import { signDelegation } from '../receipt/delegation.ts'
import { RECORD_ENDPOINTS_MAX, signRecord } from './receiver-record.ts'

/** A verifier's clock may be behind ours, seconds. */
const CLOCK_SKEW_SECONDS = 300

/** What a receiver says of the cluster that hosts it. */
export type Hosting = Readonly<{
  /** Ingest's public key: what signs receipts in the receiver's name. */
  receiptKey: Uint8Array
  /** The cluster's: the public half of what its first secret makes. Without it, its routers are spoken to by KRPC and HTTP alone. */
  pipeKey: Uint8Array | undefined
  /** X25519: what senders seal to instead of the receiver's own key, which may then stay where it is. */
  sealKey?: Uint8Array | undefined
  /** Routers that take messages for it, 1–8; further ones are left out. */
  endpoints: readonly Endpoint[]
  feedUrl: string | undefined
  postUrl: string | undefined
  /** How long record and delegation are good for, seconds. */
  validSeconds: number
}>

/**
 * Signs the record of a hosted receiver, with the delegation of the cluster's receipt key in it.
 * @throws {RangeError} when it has too many bytes
 */
export function hostedRecord(receiver: KeyPair, hosting: Hosting, nowSeconds: number): Item {
  const { receiptKey, pipeKey, sealKey, endpoints, feedUrl, postUrl, validSeconds } = hosting
  const until = nowSeconds + validSeconds
  const record = {
    delegation: signDelegation(receiver, { receiptKey, from: nowSeconds - CLOCK_SKEW_SECONDS, until }),
    endpoints: endpoints.slice(0, RECORD_ENDPOINTS_MAX),
    feedUrl,
    postUrl,
    valueBytesMax: VALUE_UDP_BYTES_MAX,
    pipeKey,
    sealKey,
    expires: until,
  }
  return signRecord(receiver, record, BigInt(nowSeconds))
}
