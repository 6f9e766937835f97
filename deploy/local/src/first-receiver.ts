import { hostedReceiver } from '@p2pmsg/admin'
import { type EntryDraft, pipeKeysOf } from '@p2pmsg/protocol'
import type { Secrets } from './secrets.ts'
import type { Services } from './services.ts'

const HOST = '127.0.0.1'
const VALID_SECONDS = 366 * 24 * 3600 // signed anew at every start

/** The receiver that a new stack has from the start, open to everybody, its record signed with the key of the data folder. */
export function firstReceiver(
  secrets: Secrets,
  { routers, edgePorts, renderUrls }: Services,
  nowSeconds: number,
): EntryDraft {
  return hostedReceiver(
    secrets.receiverKeys,
    {
      receiptKey: secrets.receiptKeys.publicKey,
      pipeKey: pipeKeysOf(Buffer.from(secrets.cluster, 'hex')).publicKey,
      endpoints: edgePorts.map((port) => ({ host: HOST, port })),
      feedUrl: renderUrls[0],
      postUrl: routers[0] && `${routers[0].httpUrl}/v1/messages`,
      validSeconds: VALID_SECONDS,
    },
    nowSeconds,
  )
}
