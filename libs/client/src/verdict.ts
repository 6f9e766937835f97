import {
  isTemporary,
  parseReceipt,
  parseRefusalText,
  type Receipt,
  type RefusalCode,
  type verify,
  verifyReceipt,
} from '@p2pmsg/protocol'
import type { Answer } from './krpc/call.ts'

/** What a router's answer means for a message. */
export type Verdict =
  | Readonly<{ kind: 'accepted'; receipt: Receipt; bytes: Uint8Array }>
  | Readonly<{ kind: 'logged' }>
  | Readonly<{ kind: 'refused'; code: RefusalCode; nowMs: number | undefined }>
  /** A refusal that time may lift. */
  | Readonly<{ kind: 'later'; code: RefusalCode; retryAfterMs: number | undefined }>
  | Readonly<{ kind: 'bad-token' }>
  /** An answer that decides nothing: not ours, or a receipt that does not verify. */
  | Readonly<{ kind: 'useless'; why: string }>

/** Whose receipt for which message will do. */
export type Expected = Readonly<{
  /** The receiver's public key. */
  receiver: Uint8Array
  /** The message's id. */
  id: Uint8Array
  /** How signatures are checked. */
  check: typeof verify
}>

/** Reads the answer to a `msg` query. A receipt counts only after it was verified. */
export function verdictOf(answer: Answer, expected: Expected): Verdict {
  if (answer.kind === 'error') return verdictOfError(answer.code, answer.text)
  const stage = Buffer.from(answer.body.bytes('stage') ?? []).toString('latin1')
  return verdictOfStage(stage, answer.body.bytes('receipt'), expected)
}

export function verdictOfStage(stage: string, bytes: Uint8Array | undefined, expected: Expected): Verdict {
  if (stage === 'logged') return { kind: 'logged' }
  if (stage !== 'accepted' || !bytes) return { kind: 'useless', why: 'an answer of no known kind' }
  const receipt = parseReceipt(bytes)
  if (!receipt.ok) return { kind: 'useless', why: 'a receipt that cannot be read' }
  const verified = verifyReceipt(receipt.value, expected.receiver, expected.id, expected.check)
  return verified.ok
    ? { kind: 'accepted', receipt: verified.value, bytes: Uint8Array.from(bytes) }
    : { kind: 'useless', why: `a receipt that does not verify (${verified.fault})` }
}

/** @param retryAfterMs from a header or the text, where the answer says when to come back */
export function verdictOfCode(code: RefusalCode, retryAfterMs: number | undefined, nowMs: number | undefined): Verdict {
  return isTemporary(code) ? { kind: 'later', code, retryAfterMs } : { kind: 'refused', code, nowMs }
}

/** BEP 5 protocol error: bad arguments, and bad tokens. */
const PROTOCOL_ERROR = 203

function verdictOfError(number: number, text: string): Verdict {
  const refusal = parseRefusalText(text)
  if (refusal) return verdictOfCode(refusal.code, refusal.retryAfterMs, refusal.nowMs)
  // A refusal names its code; what is left of 203 is BEP 44's complaint about the token.
  if (number === PROTOCOL_ERROR) return { kind: 'bad-token' }
  return { kind: 'useless', why: `KRPC error ${number}` }
}
