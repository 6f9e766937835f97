/**
 * Why a message was refused: one list for UDP, the pipe, HTTP and the log. The order is the code's number on the bus:
 * append only.
 */
export const REFUSAL_CODES = [
  'malformed',
  'too-large',
  'bad-signature',
  'unknown-receiver',
  'expired',
  'future',
  'too-old',
  'blocked',
  'not-allowed',
  'poison',
  'rate-limited',
  'busy',
  'unavailable',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

const TEMPORARY: ReadonlySet<RefusalCode> = new Set(['rate-limited', 'busy', 'unavailable'])

/** A sender ends with a final code and tries again after a temporary one. */
export function isTemporary(code: RefusalCode): boolean {
  return TEMPORARY.has(code)
}

export function isRefusalCode(text: string): text is RefusalCode {
  return (REFUSAL_CODES as readonly string[]).includes(text)
}

const KRPC_NUMBERS: Partial<Record<RefusalCode, number>> = {
  malformed: 203, // protocol error, BEP 5
  'too-large': 205, // message (v) too big, BEP 44
  'bad-signature': 206, // BEP 44
  'too-old': 302, // sequence number less than current, BEP 44
}
/** BEP 5's generic error: what has no number of its own says its code as text. */
const KRPC_GENERIC = 201

export function krpcNumber(code: RefusalCode): number {
  return KRPC_NUMBERS[code] ?? KRPC_GENERIC
}

const HTTP_STATUSES: Record<RefusalCode, number> = {
  malformed: 400,
  'too-large': 413,
  'bad-signature': 403,
  'unknown-receiver': 404,
  expired: 422,
  future: 422,
  'too-old': 422,
  blocked: 403,
  'not-allowed': 403,
  poison: 422,
  'rate-limited': 429,
  busy: 503,
  unavailable: 503,
}

export function httpStatus(code: RefusalCode): number {
  return HTTP_STATUSES[code]
}

const MEANINGS: Record<RefusalCode, string> = {
  malformed: 'The message breaks a rule of its format.',
  'too-large': 'The message is larger than this way of sending allows.',
  'bad-signature': "The signature does not belong to the author's key and these bytes.",
  'unknown-receiver': 'No receiver with this key is hosted here.',
  expired: 'The message had expired when it arrived.',
  future: "The sender's clock is more than fifteen minutes ahead.",
  'too-old': 'The message is older than this receiver takes.',
  blocked: 'The receiver has blocked this author.',
  'not-allowed': 'The receiver does not take messages of this author or kind.',
  poison: 'The message stopped the process that judged it.',
  'rate-limited': 'Too many messages in too short a time.',
  busy: 'The cluster has more work than it can take now.',
  unavailable: 'A part that is needed does not answer now.',
}

/** One sentence for a person. */
export function meaningOf(code: RefusalCode): string {
  return MEANINGS[code]
}

/** What became of a message, in the order in which it happens (`refused` ends it at any point). */
export const STAGES = ['logged', 'accepted', 'stored', 'refused'] as const
export type Stage = (typeof STAGES)[number]
