import { fromBase64Url, parseReceipt, positionOf, type Receipt, toBase64Url, toHex } from '@p2pmsg/protocol'

/**
 * A receipt as a file, JSON. Only `receipt` proves anything: the other members say what is in it, for people, and which
 * receiver it is about, to be compared with the one that was meant.
 */
export type ReceiptFile = Readonly<{
  type: 'p2pmsg-receipt'
  version: 1
  /** `p2pmsg://…` */
  receiver: string
  /** Hex. */
  id: string
  /** Decimal. */
  position: string
  durability: string
  /** ISO 8601. */
  time: string
  /** base64url. */
  receipt: string
  /** The signed message, base64url. */
  message?: string
}>

/** What is read out of a receipt, for people and programs. */
export type ReceiptWords = Pick<ReceiptFile, 'id' | 'position' | 'durability' | 'time'>

export function wordsOf({ id, index, statement }: Receipt): ReceiptWords {
  return {
    id: toHex(id),
    position: positionOf(statement.streamSeq, index).toString(),
    durability: statement.durability,
    time: isoOf(statement.time),
  }
}

/** @param bytes of a receipt that was verified @param message its canonical bencoding */
export function receiptFile(receiver: string, bytes: Uint8Array, message: Uint8Array): ReceiptFile {
  const receipt = parseReceipt(bytes)
  if (!receipt.ok) throw new TypeError('only a receipt that was verified is written down')
  return {
    type: 'p2pmsg-receipt',
    version: 1,
    receiver,
    ...wordsOf(receipt.value),
    receipt: toBase64Url(bytes),
    message: toBase64Url(message),
  }
}

/** What a receipt file, or a bare receipt in base64url, holds. */
export type ReceiptSource = Readonly<{
  receipt: Uint8Array
  receiver: string | undefined
  message: Uint8Array | undefined
}>

/** A receipt without a path; shorter text is a word, such as the name of a file that is not there. */
const RECEIPT_BYTES_MIN = 265

/** @returns undefined when the text is neither */
export function readReceiptSource(text: string): ReceiptSource | undefined {
  const bare = text.trim()
  if (!bare.startsWith('{')) {
    const receipt = fromBase64Url(bare)
    return receipt && receipt.length >= RECEIPT_BYTES_MIN
      ? { receipt, receiver: undefined, message: undefined }
      : undefined
  }
  const { type, version, receipt, receiver, message } = jsonObject(bare)
  if (type !== 'p2pmsg-receipt' || version !== 1 || typeof receipt !== 'string') return undefined
  const [bytes, signed] = [fromBase64Url(receipt), typeof message === 'string' ? fromBase64Url(message) : undefined]
  if (!bytes || (message !== undefined && !signed)) return undefined
  return { receipt: bytes, receiver: typeof receiver === 'string' ? receiver : undefined, message: signed }
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** The latest time that a JavaScript date holds, milliseconds; a receipt's own is any u64. */
const DATE_MS_MAX = 8.64e15

export function isoOf(ms: number): string {
  return Math.abs(ms) <= DATE_MS_MAX ? new Date(ms).toISOString() : `${ms} ms after 1970`
}
