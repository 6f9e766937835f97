import type { AcceptedVerdict, Block, RefusalCode, Verdicts } from '@p2pmsg/protocol'
import type { StoredBlock } from './block-writer.ts'
import type { JudgedPack } from './judge-pack.ts'

/**
 * What the router is told of a pack. A stored block has the last word on the envelopes that it names, also when it was an
 * earlier judge's. What we would accept but can prove no place for is `unavailable`: its sender tries again.
 * @param stored what the log gave back for the pack's blocks @param receipts those that could be signed
 * @param lost blocks that the log once had and has no more: what an earlier judge said in them cannot be known
 */
export function verdictsOf(
  judged: JudgedPack,
  stored: readonly StoredBlock[],
  receipts: readonly AcceptedVerdict[],
  lost: readonly Block[] = [],
): Verdicts {
  const codes = new Map<number, RefusalCode>()
  for (const { packIndex, code } of judged.refused) codes.set(packIndex, code)
  for (const { packIndex } of judged.accepted) codes.set(packIndex, 'unavailable')
  for (const { packIndex } of lost.flatMap((block) => block.refused)) codes.set(packIndex, 'unavailable')
  for (const { block } of stored) {
    for (const { packIndex, code } of block.refused) codes.set(packIndex, code)
    for (const { packIndex } of block.accepted) codes.set(packIndex, 'unavailable')
  }
  for (const { packIndex } of receipts) codes.delete(packIndex)
  return {
    packId: judged.pack.id,
    accepted: receipts,
    refused: Array.from(codes, ([packIndex, code]) => ({ packIndex, code })),
  }
}
