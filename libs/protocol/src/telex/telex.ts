import { DATAGRAM_IN_BYTES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Json, type Member, membersOf } from './json-members.ts'

/**
 * A datagram of Telehash v1 (draft of January 2011): one JSON object in UTF-8. The first character of a name is its class:
 *   _  header   _to, _ring, _line, _br, _hop
 *   .  command  .see, .tap
 *   +  signal   +end, +pop, +key, +sig, +message, …: what is relayed
 * and anything else is data between two switches. Values are kept as they came.
 */
export type Telex = Readonly<{ members: ReadonlyMap<string, Member> }>

export type TelexFault = 'telex-too-large' | 'telex-not-utf8' | 'telex-not-an-object'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Never throws. */
export function parseTelex(bytes: Uint8Array): Parsed<Telex, TelexFault> {
  if (bytes.length > DATAGRAM_IN_BYTES_MAX) return faulty('telex-too-large')
  let text: string
  try {
    text = strictUtf8.decode(bytes)
  } catch {
    return faulty('telex-not-utf8')
  }
  const members = membersOf(text)
  return members ? parsed({ members }) : faulty('telex-not-an-object')
}

export function valueOf(telex: Telex, name: string): Json | undefined {
  return telex.members.get(name)?.value
}

export function textOf(telex: Telex, name: string): string | undefined {
  const value = valueOf(telex, name)
  return typeof value === 'string' ? value : undefined
}

const DECIMAL = /^-?\d{1,16}$/

/** A header that is a number; 2011's Perl sent some of them as decimal strings. @returns undefined if absent, `NaN` if wrong */
export function numberOf(telex: Telex, name: string): number | undefined {
  const value = valueOf(telex, name)
  if (value === undefined) return undefined
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : Number.NaN
}

/** A signal that has come this far goes no further. */
export const HOP_MAX = 4

/** How often the telex was forwarded, 0–{@link HOP_MAX}, or undefined for what is no such number (2011 took −5 for four more hops). */
export function hopOf(telex: Telex): number | undefined {
  const hop = numberOf(telex, '_hop') ?? 0
  return hop >= 0 && hop <= HOP_MAX ? hop : undefined
}

const END = /^[0-9a-f]{40}$/i
const END_BYTES = 20

/** The place in the 160-bit space that `+end` names, 20 bytes. */
export function endOf(telex: Telex): Uint8Array | undefined {
  const end = textOf(telex, '+end')
  return end !== undefined && END.test(end) ? Buffer.from(end, 'hex').subarray(0, END_BYTES) : undefined
}

export function hasSignals(telex: Telex): boolean {
  for (const name of telex.members.keys()) if (name.startsWith('+')) return true
  return false
}
