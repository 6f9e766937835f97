import {
  type Message,
  messageId,
  parseMessage,
  parseReceipt,
  type Receipt,
  type ReceiptFault,
  receiverOf,
  toHex,
  toZBase32,
  verifyItem,
  verifyReceipt,
} from '@p2pmsg/protocol'
import { isoOf } from './receipt-file.ts'

/** One thing that a receipt was held against. `undefined`: not looked at, because an earlier check failed. */
export type Check = Readonly<{ what: string; ok: boolean | undefined; detail: string }>

/**
 * Holds a receipt against a receiver's key, and against the message where that is at hand. Nobody is asked.
 * @param message the canonical bencoding of the message
 * @returns every check in order; the receipt is good when all are
 */
export function checkReceipt(bytes: Uint8Array, receiver: Uint8Array, message?: Uint8Array): Check[] {
  const receipt = parseReceipt(bytes)
  if (!receipt.ok)
    return [{ what: 'the receipt can be read', ok: false, detail: `${bytes.length} bytes, not a receipt` }]
  const read = { what: 'the receipt can be read', ok: true, detail: `${bytes.length} bytes` }
  return [
    read,
    ...(message ? messageChecks(receipt.value, receiver, message) : []),
    ...proofChecks(receipt.value, receiver),
  ]
}

function messageChecks(receipt: Receipt, receiver: Uint8Array, bytes: Uint8Array): Check[] {
  const parsed = parseMessage(bytes)
  if (!parsed.ok) return [{ what: 'the message can be read', ok: false, detail: 'not a message' }]
  const message: Message = parsed.value
  return [
    { what: 'its author signed the message', ok: verifyItem(message), detail: `author ${toZBase32(message.key)}` },
    {
      what: 'the message is for this receiver',
      ok: Buffer.compare(receiverOf(message), receiver) === 0,
      detail: `receiver ${toZBase32(receiver)}`,
    },
    {
      what: 'the receipt is for this message',
      ok: Buffer.compare(messageId(message), receipt.id) === 0,
      detail: `message id ${toHex(receipt.id)}`,
    },
  ]
}

/** In the order in which {@link verifyReceipt} looks: what stands before its fault holds. */
const ORDER: readonly ReceiptFault[] = ['not-in-tree', 'bad-signature', 'bad-delegation', 'outside-delegation']

function proofChecks(receipt: Receipt, receiver: Uint8Array): Check[] {
  const verified = verifyReceipt(receipt, receiver)
  const failedAt = verified.ok ? ORDER.length : ORDER.indexOf(verified.fault)
  const { statement, delegation, index, path } = receipt
  const period = `${isoOf(delegation.from * 1000)} to ${isoOf(delegation.until * 1000)}`
  const said = [
    ['its audit path leads to the root', `leaf ${index} of ${statement.treeSize}, ${path.length} hashes`],
    ['the receipt key signed the root', `receipt key ${toZBase32(delegation.receiptKey)}`],
    ['the receiver lets this key speak for it', `receiver ${toZBase32(receiver)}`],
    ['it did so at that time', `${isoOf(statement.time)} in ${period}`],
  ] as const
  return said.map(([what, detail], i) => ({
    what,
    detail,
    ok: i < failedAt ? true : i === failedAt ? false : undefined,
  }))
}
