import type { Block } from '@p2pmsg/protocol'
import type { JudgedAccepted, JudgedPack } from './judge-pack.ts'

/** A block that we made, with what we know of its messages beside what the log keeps. */
export type JudgedBlock = Block & Readonly<{ accepted: readonly JudgedAccepted[] }>

const NONE: ReadonlySet<number> = new Set()

/**
 * One block for each partition in which something was accepted, with the refusals of that partition. Refusals without such a
 * block are in none: they are told, logged and forgotten.
 * @param claimed partitions that get a block in any case (claims.ts)
 */
export function blocksOf({ pack, accepted, refused }: JudgedPack, claimed = NONE): JudgedBlock[] {
  const partitions = new Set([...claimed, ...accepted.map((message) => message.receiver.partition)])
  return Array.from(partitions, (partition) => ({
    packId: pack.id,
    partition,
    accepted: accepted.filter((message) => message.receiver.partition === partition),
    refused: refused.filter((message) => message.partition === partition),
  }))
}
