// Receivers and messages as their owners would make them, with keys that are random in each run.
import { randomBytes } from 'node:crypto'
import {
  BUDGET_DEFAULT,
  type Draft,
  encodeContent,
  type KeyPair,
  keyPairFromSeed,
  type Message,
  OPEN_POLICY,
  type Policy,
  type ReceiverEntry,
  saltOf,
  signDelegation,
  signItem,
  signRecord,
  utf8,
} from '@p2pmsg/protocol'

export function aKeyPair(): KeyPair {
  return keyPairFromSeed(randomBytes(32))
}

const HOUR_SECONDS = 3600

/** @param from Unix seconds, as `until` */
export type Period = Readonly<{ from: number; until: number }>

export function thisHour(): Period {
  const now = Math.floor(Date.now() / 1000)
  return { from: now - HOUR_SECONDS, until: now + HOUR_SECONDS }
}

/** What an operator puts into the bucket `receivers`: a record that lets `receiptKey` speak for the receiver. */
export function anEntry(
  receiver: KeyPair,
  receiptKey: Uint8Array,
  policy: Policy = OPEN_POLICY,
  period: Period = thisHour(),
): Pick<ReceiverEntry, 'item' | 'policy' | 'budget'> {
  const record = {
    delegation: signDelegation(receiver, { receiptKey, ...period }),
    endpoints: [{ host: '127.0.0.1', port: 42_424 }],
    feedUrl: undefined,
    postUrl: undefined,
    valueBytesMax: 900,
    pipeKey: undefined,
    sealKey: undefined,
    expires: period.until,
  }
  return { item: signRecord(receiver, record, BigInt(period.from)), policy, budget: BUDGET_DEFAULT }
}

let clock = BigInt(Date.now()) * 1000n

/** @param seq Unix microseconds; a fresh one of now if absent */
export function aMessage(author: KeyPair, receiver: Uint8Array, draft: Draft, topic = '', seq?: bigint): Message {
  const now = BigInt(Date.now()) * 1000n
  clock = clock >= now ? clock + 1n : now
  return signItem(author, { salt: saltOf(receiver, utf8(topic)), seq: seq ?? clock, value: encodeContent(draft) })
}

/** The same message with a signature that is not its author's. */
export function forged(message: Message): Message {
  const signature = Uint8Array.from(message.signature)
  signature[0] = (signature[0] as number) ^ 1
  return { ...message, signature }
}
