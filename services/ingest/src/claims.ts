import { partitionOf, type RefusalCode, receiverIn } from '@p2pmsg/protocol'
import type { JudgedPack } from './judge-pack.ts'

/**
 * What another judge of the same envelope may have seen otherwise: policies, hosted receivers, delegations and settings change, and
 * nobody knows when poison works. All other codes follow from the envelope alone.
 */
const CHANGING: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'unknown-receiver',
  'blocked',
  'not-allowed',
  'too-old',
  'unavailable',
  'poison',
])

/**
 * A pack that comes again may be in the log already, by a judge that died before it told anybody. Where this judge accepts something,
 * the publish id finds that out. Where it refuses, it must publish too: a block that holds only refusals, under the same id. Either
 * the log answers with the earlier block, or the id is taken now and a judge that was only slow can append nothing any more.
 * @param partitions of MESSAGES
 * @returns the pack with the partition of each refusal that may once have been an acceptance, and the partitions to publish to
 */
export function claimsOf(judged: JudgedPack, partitions: number): { judged: JudgedPack; claimed: Set<number> } {
  const claimed = new Set<number>()
  const refused = judged.refused.map((refusal) => {
    if (!CHANGING.has(refusal.code)) return refusal
    if (refusal.code === 'poison') {
      // It is not looked at again, not even for its receiver.
      for (let partition = 0; partition < partitions; partition++) claimed.add(partition)
      return refusal
    }
    const envelope = judged.pack.envelopes[refusal.packIndex]
    const receiver = envelope && receiverIn({ dialect: envelope.dialect, bytes: envelope.payload })
    if (!receiver) return refusal
    const partition = partitionOf(receiver, partitions)
    claimed.add(partition)
    return { ...refusal, partition }
  })
  return { judged: { ...judged, refused }, claimed }
}

/**
 * The same pack when it is so old that the log may have forgotten its publish ids: what an earlier judge may have accepted can then
 * be refused for now only. Poison stays: to ask for it again would end more judges.
 */
export function withoutFinalRefusals(judged: JudgedPack): JudgedPack {
  const refused = judged.refused.map((refusal) =>
    CHANGING.has(refusal.code) && refusal.code !== 'poison' ? { ...refusal, code: 'unavailable' as const } : refusal,
  )
  return { ...judged, refused }
}
