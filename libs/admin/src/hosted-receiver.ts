import {
  BUDGET_DEFAULT,
  type Endpoint,
  type EntryDraft,
  type KeyPair,
  OPEN_POLICY,
  signDelegation,
  signRecord,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'

/** Of one record; more routers behind one name need no more. */
const ENDPOINTS_MAX = 8
/** A verifier's clock may be behind ours, seconds. */
const CLOCK_SKEW_SECONDS = 300

export type HostedReceiver = Readonly<{
  receiverKeys: KeyPair
  /** Ingest's public key: what signs receipts in the receiver's name. */
  receiptKey: Uint8Array
  /** The cluster's: the public half of what its first secret makes. Without it, its routers are spoken to by KRPC and HTTP alone. */
  pipeKey: Uint8Array | undefined
  /** Routers that take messages for it, 1–8; further ones are left out. */
  endpoints: readonly Endpoint[]
  feedUrl: string | undefined
  postUrl: string | undefined
  /** How long record and delegation are good for, seconds. */
  validSeconds: number
}>

/** The entry of a receiver whose key is at hand, open to everybody. */
export function hostedReceiver(options: HostedReceiver, nowSeconds: number): EntryDraft {
  const { receiverKeys, receiptKey, pipeKey, endpoints, feedUrl, postUrl, validSeconds } = options
  const until = nowSeconds + validSeconds
  const record = {
    delegation: signDelegation(receiverKeys, { receiptKey, from: nowSeconds - CLOCK_SKEW_SECONDS, until }),
    endpoints: endpoints.slice(0, ENDPOINTS_MAX),
    feedUrl,
    postUrl,
    valueBytesMax: VALUE_UDP_BYTES_MAX,
    pipeKey,
    sealKey: undefined,
    expires: until,
  }
  return { item: signRecord(receiverKeys, record, BigInt(nowSeconds)), policy: OPEN_POLICY, budget: BUDGET_DEFAULT }
}
