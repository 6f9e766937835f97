import { utf8 } from '../bytes/bytes.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { KEY_BYTES, SIGNATURE_BYTES } from '../limits.ts'
import { type KeyPair, sign, verify } from '../message/signature.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'

/**
 * A receiver's word that a cluster's receipt key may speak for it, big-endian:
 *   receipt_key  32 bytes
 *   from         u64       Unix seconds
 *   until        u64       Unix seconds
 *   signature    64 bytes  Ed25519 by the receiver's key over "p2pmsg-delegate-v1" and the fields above
 */
export type Delegation = Readonly<{
  receiptKey: Uint8Array
  from: number
  until: number
  signature: Uint8Array
}>

export const DELEGATION_BYTES = KEY_BYTES + 8 + 8 + SIGNATURE_BYTES

function statement(delegation: Omit<Delegation, 'signature'>): Writer {
  return new Writer(DELEGATION_BYTES).bytes(delegation.receiptKey).u64(delegation.from).u64(delegation.until)
}

function signedBytes(delegation: Omit<Delegation, 'signature'>): Uint8Array {
  return Buffer.concat([utf8('p2pmsg-delegate-v1'), statement(delegation).done()])
}

export function signDelegation(receiver: KeyPair, delegation: Omit<Delegation, 'signature'>): Delegation {
  return { ...delegation, signature: sign(signedBytes(delegation), receiver) }
}

/** Whether `receiver` signed it. The period is for the caller to hold against the receipt's time. */
export function verifyDelegation(delegation: Delegation, receiver: Uint8Array, check: typeof verify = verify): boolean {
  return check(delegation.signature, signedBytes(delegation), receiver)
}

export function encodeDelegation(delegation: Delegation): Uint8Array {
  return statement(delegation).bytes(delegation.signature).done()
}

export function readDelegation(reader: Reader): Delegation {
  return {
    receiptKey: reader.bytes(KEY_BYTES),
    from: reader.safe(),
    until: reader.safe(),
    signature: reader.bytes(SIGNATURE_BYTES),
  }
}

export function parseDelegation(bytes: Uint8Array): Parsed<Delegation, 'bad-delegation'> {
  const reader = new Reader(bytes)
  const delegation = readDelegation(reader)
  return reader.complete ? parsed(delegation) : faulty('bad-delegation')
}
