import {
  BUDGET_DEFAULT,
  type EntryDraft,
  type Hosting,
  hostedRecord,
  type KeyPair,
  OPEN_POLICY,
} from '@p2pmsg/protocol'

/** The entry of a receiver whose key is at hand, open to everybody. */
export function hostedReceiver(receiver: KeyPair, hosting: Hosting, nowSeconds: number): EntryDraft {
  return { item: hostedRecord(receiver, hosting, nowSeconds), policy: OPEN_POLICY, budget: BUDGET_DEFAULT }
}
