import { KEY_BYTES, type Message, SIGNATURE_BYTES, signedBytes, verify } from '@p2pmsg/protocol'

/**
 * The signatures of one pack, in memory that a verify thread sees without a copy:
 *   verdicts  1 byte each: 0 = not looked at, 1 = valid, 2 = invalid
 * then for each
 *   signature  64 bytes
 *   key        32 bytes
 *   signed     the item's signed bytes
 */
export type Batch = Readonly<{
  memory: SharedArrayBuffer
  /** Length of each `signed`, bytes. */
  lengths: readonly number[]
}>

const HEAD_BYTES = SIGNATURE_BYTES + KEY_BYTES
const VALID = 1
const INVALID = 2

/** A batch and, as views into it, each message's key and signed bytes: what its id is the hash of. */
export function makeBatch(messages: readonly Message[]): { batch: Batch; hashed: Uint8Array[] } {
  const signed = messages.map(signedBytes)
  const lengths = signed.map((bytes) => bytes.length)
  const total = lengths.reduce((sum, length) => sum + HEAD_BYTES + length, messages.length)
  const memory = new SharedArrayBuffer(total)
  const bytes = new Uint8Array(memory)
  const hashed: Uint8Array[] = []
  let at = messages.length
  messages.forEach((message, i) => {
    bytes.set(message.signature, at)
    bytes.set(message.key, at + SIGNATURE_BYTES)
    bytes.set(signed[i] as Uint8Array, at + HEAD_BYTES)
    const end = at + HEAD_BYTES + (lengths[i] as number)
    hashed.push(bytes.subarray(at + SIGNATURE_BYTES, end))
    at = end
  })
  return { batch: { memory, lengths }, hashed }
}

/** Checks each signature and writes what it found into the batch. */
export function verifyBatch({ memory, lengths }: Batch): void {
  const bytes = new Uint8Array(memory)
  let at = lengths.length
  lengths.forEach((length, i) => {
    const signature = bytes.subarray(at, at + SIGNATURE_BYTES)
    const key = bytes.subarray(at + SIGNATURE_BYTES, at + HEAD_BYTES)
    const signed = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length)
    bytes[i] = verify(signature, signed, key) ? VALID : INVALID
    at += HEAD_BYTES + length
  })
}

/** @returns for each message whether it was found valid; one that was not looked at counts as a defect, not as an answer */
export function validities({ memory, lengths }: Batch): boolean[] {
  const verdicts = new Uint8Array(memory, 0, lengths.length)
  return Array.from(verdicts, (verdict) => {
    if (verdict !== VALID && verdict !== INVALID) throw new RangeError('a signature was not looked at')
    return verdict === VALID
  })
}
