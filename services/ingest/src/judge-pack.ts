import { hash } from 'node:crypto'
import type { Accepted, Envelope, Message, Pack, RefusalCode } from '@p2pmsg/protocol'
import { type Batch, makeBatch } from './batch.ts'
import { judge } from './judge.ts'
import { judgeLegacy } from './judge-legacy.ts'
import type { Receiver } from './receivers.ts'

/** A pack with a judgement of every envelope: each index is in one of the two lists, in order. */
export type JudgedPack = Readonly<{
  pack: Pack
  accepted: readonly JudgedAccepted[]
  refused: readonly JudgedRefused[]
}>
export type JudgedAccepted = Accepted & Readonly<{ receiver: Receiver }>
type JudgedRefused = Readonly<{
  packIndex: number
  code: RefusalCode
  /** Of the receiver, where it is hosted. */
  partition: number | undefined
}>

export type JudgeOptions = Readonly<{
  receiver: (key: Uint8Array) => Receiver | undefined
  maxAgeMs: number
  verify: (batch: Batch) => Promise<boolean[]>
}>

/** @param poison indexes of envelopes that must not be looked at again */
export async function judgePack(pack: Pack, poison: ReadonlySet<number>, options: JudgeOptions): Promise<JudgedPack> {
  const rules = { host: options.receiver, maxAgeMs: options.maxAgeMs }
  const refused: JudgedRefused[] = []
  const accepted: JudgedAccepted[] = []
  const claims: Claim[] = []
  pack.envelopes.forEach((envelope, packIndex) => {
    if (poison.has(packIndex)) {
      refused.push({ packIndex, code: 'poison', partition: undefined })
      return
    }
    if (envelope.dialect === 'telex') {
      const { code, id, host } = judgeLegacy(envelope, rules)
      if (code === undefined) accepted.push({ packIndex, id, envelope, receiver: host })
      else refused.push({ packIndex, code, partition: host?.partition })
      return
    }
    const { code, message, host } = judge(envelope, rules)
    if (code === undefined) claims.push({ packIndex, envelope, message, receiver: host })
    else refused.push({ packIndex, code, partition: host?.partition })
  })

  const { batch, hashed } = makeBatch(claims.map((claim) => claim.message))
  const valid = await options.verify(batch)
  claims.forEach(({ packIndex, envelope, receiver }, i) => {
    if (!valid[i]) refused.push({ packIndex, code: 'bad-signature', partition: receiver.partition })
    // The hash of what was verified: `messageId`, without putting the bytes together again.
    else accepted.push({ packIndex, id: hash('sha256', hashed[i] as Uint8Array, 'buffer'), envelope, receiver })
  })
  const byIndex = (a: { packIndex: number }, b: { packIndex: number }) => a.packIndex - b.packIndex
  return { pack, accepted: accepted.sort(byIndex), refused: refused.sort(byIndex) }
}

/** An envelope that is as it should be, if its signature is valid. */
type Claim = Readonly<{ packIndex: number; envelope: Envelope; message: Message; receiver: Receiver }>
