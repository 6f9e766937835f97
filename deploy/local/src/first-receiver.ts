import {
  BUDGET_DEFAULT,
  OPEN_POLICY,
  type ReceiverEntry,
  signDelegation,
  signRecord,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'
import type { Secrets } from './secrets.ts'
import type { RouterDoors } from './services.ts'

const HOST = '127.0.0.1'
const ENDPOINTS_MAX = 8 // of one record
const VALID_SECONDS = 366 * 24 * 3600 // signed anew at every start
const CLOCK_SKEW_SECONDS = 300 // a verifier's clock may be behind ours

/** The receiver that a new stack has from the start, open to everybody, its record signed with the key of the data folder. */
export function firstReceiver(
  secrets: Secrets,
  routers: readonly RouterDoors[],
  renderUrl: string | undefined,
  nowSeconds: number,
): Pick<ReceiverEntry, 'item' | 'policy' | 'budget'> {
  const until = nowSeconds + VALID_SECONDS
  const delegation = signDelegation(secrets.receiverKeys, {
    receiptKey: secrets.receiptKeys.publicKey,
    from: nowSeconds - CLOCK_SKEW_SECONDS,
    until,
  })
  const record = {
    delegation,
    endpoints: routers.slice(0, ENDPOINTS_MAX).map((router) => ({ host: HOST, port: router.udpPort })),
    feedUrl: renderUrl,
    postUrl: routers[0] && `${routers[0].httpUrl}/v1/messages`,
    valueBytesMax: VALUE_UDP_BYTES_MAX,
    pipeKey: undefined,
    sealKey: undefined,
    expires: until,
  }
  const item = signRecord(secrets.receiverKeys, record, BigInt(nowSeconds))
  return { item, policy: OPEN_POLICY, budget: BUDGET_DEFAULT }
}
