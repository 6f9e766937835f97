import { utf8 } from '../bytes/bytes.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { HASH_BYTES, SIGNATURE_BYTES } from '../limits.ts'
import { type KeyPair, sign, verify } from '../message/signature.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { DELEGATION_BYTES, type Delegation, encodeDelegation, readDelegation, verifyDelegation } from './delegation.ts'
import { PATH_LENGTH_MAX, rootFromPath } from './merkle.ts'

/** How well the log kept what a receipt names, weakest first; the index is the class's number on the wire. */
export const DURABILITY_CLASSES = ['volatile', 'synced', 'replicated'] as const
export type DurabilityClass = (typeof DURABILITY_CLASSES)[number]

/**
 * What ingest signs, once per block, after the log's acknowledgement. Big-endian:
 *   stream_seq  u64       sequence of the block in MESSAGES
 *   partition   u16
 *   tree_size   u16       messages in the block
 *   root        32 bytes  RFC 6962 tree over their ids
 *   durability  u8        index in DURABILITY_CLASSES
 *   time        u64       Unix milliseconds
 * The signature covers "p2pmsg-receipt-v1" and these bytes.
 */
export type Statement = Readonly<{
  streamSeq: number
  partition: number
  treeSize: number
  root: Uint8Array
  durability: DurabilityClass
  time: number
}>

/**
 * A sender's proof that its message has a place in the log. It verifies offline with the receiver's address alone:
 *   version      u8        1
 *   statement    53 bytes
 *   signature    64 bytes  by the receipt key
 *   delegation   112 bytes by the receiver's key, names the receipt key
 *   id           32 bytes  of the message
 *   index        u16       the message's leaf, which is its slot in the block
 *   path length  u8        0–8
 *   path         32 bytes each, from the leaf's sibling upwards
 */
export type Receipt = Readonly<{
  statement: Statement
  signature: Uint8Array
  delegation: Delegation
  id: Uint8Array
  index: number
  path: readonly Uint8Array[]
}>

const VERSION = 1
const STATEMENT_BYTES = 53
/** What the receipts of one block have in common stands first: version, statement, signature and delegation. */
export const RECEIPT_SHARED_BYTES = 1 + STATEMENT_BYTES + SIGNATURE_BYTES + DELEGATION_BYTES

function encodeStatement(statement: Statement): Uint8Array {
  return new Writer(STATEMENT_BYTES)
    .u64(statement.streamSeq)
    .u16(statement.partition)
    .u16(statement.treeSize)
    .bytes(statement.root)
    .u8(DURABILITY_CLASSES.indexOf(statement.durability))
    .u64(statement.time)
    .done()
}

function signedBytes(statement: Statement): Uint8Array {
  return Buffer.concat([utf8('p2pmsg-receipt-v1'), encodeStatement(statement)])
}

export function signStatement(receiptKey: KeyPair, statement: Statement): Uint8Array {
  return sign(signedBytes(statement), receiptKey)
}

export function encodeReceipt(receipt: Receipt): Uint8Array {
  const writer = new Writer()
    .u8(VERSION)
    .bytes(encodeStatement(receipt.statement))
    .bytes(receipt.signature)
    .bytes(encodeDelegation(receipt.delegation))
    .bytes(receipt.id)
    .u16(receipt.index)
    .u8(receipt.path.length)
  for (const node of receipt.path) writer.bytes(node)
  return writer.done()
}

export function parseReceipt(bytes: Uint8Array): Parsed<Receipt, 'bad-receipt'> {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const statement = readStatement(reader)
  const signature = reader.bytes(SIGNATURE_BYTES)
  const delegation = readDelegation(reader)
  const id = reader.bytes(HASH_BYTES)
  const index = reader.u16()
  const length = reader.u8()
  if (version !== VERSION || !statement || length > PATH_LENGTH_MAX) return faulty('bad-receipt')
  const path = Array.from({ length }, () => reader.bytes(HASH_BYTES))
  return reader.complete ? parsed({ statement, signature, delegation, id, index, path }) : faulty('bad-receipt')
}

function readStatement(reader: Reader): Statement | undefined {
  const streamSeq = reader.safe()
  const partition = reader.u16()
  const treeSize = reader.u16()
  const root = reader.bytes(HASH_BYTES)
  const durability = DURABILITY_CLASSES[reader.u8()]
  const time = reader.safe()
  return durability && { streamSeq, partition, treeSize, root, durability, time }
}

export type ReceiptFault = 'wrong-message' | 'not-in-tree' | 'bad-signature' | 'bad-delegation' | 'outside-delegation'

/**
 * Holds a receipt against the receiver that is said to have given it, without asking anybody.
 * @param receiver the receiver's public key: the one thing that must come from elsewhere
 * @param id the message's id, where the caller has the message
 * @param check checks a signature; {@link verify}, or one that remembers: receipts of one block share both of theirs
 */
export function verifyReceipt(
  receipt: Receipt,
  receiver: Uint8Array,
  id?: Uint8Array,
  check: typeof verify = verify,
): Parsed<Receipt, ReceiptFault> {
  const { statement, delegation } = receipt
  if (id && Buffer.compare(id, receipt.id) !== 0) return faulty('wrong-message')
  const root = rootFromPath(receipt.id, receipt.index, statement.treeSize, receipt.path)
  if (!root || Buffer.compare(root, statement.root) !== 0) return faulty('not-in-tree')
  if (!check(receipt.signature, signedBytes(statement), delegation.receiptKey)) return faulty('bad-signature')
  if (!verifyDelegation(delegation, receiver, check)) return faulty('bad-delegation')
  const seconds = statement.time / 1000
  if (seconds < delegation.from || seconds > delegation.until) return faulty('outside-delegation')
  return parsed(receipt)
}
