import {
  type Accepted,
  type AcceptedVerdict,
  buildTree,
  type DurabilityClass,
  encodeReceipt,
  type KeyPair,
  receiverIn,
  signStatement,
} from '@p2pmsg/protocol'
import type { StoredBlock } from './block-writer.ts'
import type { Receiver } from './receivers.ts'

export type ReceiptSigner = Readonly<{
  receiptKey: KeyPair
  durability: () => DurabilityClass
  receiver: (key: Uint8Array) => Receiver | undefined
}>

/**
 * One signature for the block, one receipt for each message of it.
 * @param nowMs Unix milliseconds, the time that the receipts name
 * @returns a verdict for each message whose receiver lets us sign now; the others have none
 */
export function receiptsOf(stored: StoredBlock, signer: ReceiptSigner, nowMs: number): AcceptedVerdict[] {
  const { block, streamSeq } = stored
  if (block.accepted.length === 0) return [] // a tree needs a leaf
  const tree = buildTree(block.accepted.map((message) => message.id))
  const statement = {
    streamSeq,
    partition: block.partition,
    treeSize: block.accepted.length,
    root: tree.root,
    durability: signer.durability(),
    time: nowMs,
  }
  const signature = signStatement(signer.receiptKey, statement)
  return block.accepted.flatMap((message, index) => {
    const { packIndex, id } = message
    const receiver = message.receiver ?? receiverFromLog(message, signer)
    if (!receiver?.signableAt(nowMs)) return []
    const { delegation } = receiver
    const receipt = encodeReceipt({ statement, signature, delegation, id, index, path: tree.path(index) })
    return [{ packIndex, id, receipt }]
  })
}

/** Of a message that an earlier judge of the pack accepted. */
function receiverFromLog({ envelope }: Accepted, signer: ReceiptSigner): Receiver | undefined {
  const key = receiverIn({ dialect: envelope.dialect, bytes: envelope.payload })
  return key && signer.receiver(key)
}
