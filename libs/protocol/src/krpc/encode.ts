import { bencode, type Encodable } from '../bytes/bencode-encode.ts'
import { krpcNumber, type RefusalCode } from '../codes.ts'

/** Our client and version in `v` (BEP 20): exactly 4 bytes, which some parsers insist on. */
export const CLIENT_VERSION = Buffer.from([0x70, 0x6d, 0, 1]) // "pm", version 1
/** Queries carry 4-byte transaction ids: other lengths go unanswered by some nodes. */
export const TRANSACTION_BYTES = 4

type Members = Readonly<{ [key: string]: Encodable | undefined }>

/** @param args with `id`; `pad` bytes in it let a full answer fit the rule of three */
export function encodeQuery(t: Uint8Array, method: string, args: Members, readOnly = false): Uint8Array {
  return bencode({ t, y: 'q', q: method, a: args, v: CLIENT_VERSION, ro: readOnly ? 1 : undefined })
}

/** @param ip the compact address that the query came from (BEP 42), 6 or 18 bytes */
export function encodeReply(t: Uint8Array, body: Members, ip: Uint8Array): Uint8Array {
  return bencode({ t, y: 'r', r: body, v: CLIENT_VERSION, ip })
}

export function encodeError(t: Uint8Array, number: number, text: string): Uint8Array {
  return bencode({ t, y: 'e', e: [number, text] })
}

/**
 * A refusal as a KRPC error: the code is the text's first word, for the BEP's own numbers too; `retry-after=<ms>` follows
 * where we know when to come back, `now=<Unix ms>` where the sender's clock is the trouble.
 */
export function encodeRefusal(
  t: Uint8Array,
  code: RefusalCode,
  hint: Readonly<{ retryAfterMs?: number; nowMs?: number; number?: number }> = {},
): Uint8Array {
  const retry = hint.retryAfterMs === undefined ? '' : ` retry-after=${Math.ceil(hint.retryAfterMs)}`
  const now = hint.nowMs === undefined ? '' : ` now=${hint.nowMs}`
  return encodeError(t, hint.number ?? krpcNumber(code), `${code}${retry}${now}`)
}
