import { utf8 } from '../bytes/bytes.ts'
import type { Telex } from './telex.ts'

/** What a switch puts before whatever it relays. */
export type Headers = Readonly<{
  /** Ours for this peer, as long as there is no line. */
  ring?: number | undefined
  line?: number | undefined
  /** Addresses of switches. */
  see?: readonly string[] | undefined
  /** Bytes heard from the addressee. */
  br?: number | undefined
  /** The addressee's address as we see it. */
  to?: string | undefined
  hop?: number | undefined
  tap?: string | undefined
}>

/**
 * The spec's limit is 1400 bytes. It is above what we send elsewhere (1200, for IPv6's smallest MTU) because what a client of 2011
 * could send a receiver of 2011 must still arrive, and both speak IPv4 alone.
 */
export const TELEX_OUT_BYTES_MAX = 1400

/**
 * Always an object, members in the order of every seed of 2011, `_ring|_line, .see, _br, _to`: the C library reads `.see` as the
 * second member whatever its name.
 * @param signals members in JSON text, as {@link signalsText} gives them
 */
export function encodeTelex(headers: Headers, signals = ''): Uint8Array {
  const { ring, line, see, br, to, hop, tap } = headers
  const members: string[] = []
  if (line !== undefined) members.push(`"_line":${line}`)
  else if (ring !== undefined) members.push(`"_ring":${ring}`)
  if (see !== undefined) members.push(`".see":${JSON.stringify(see)}`)
  if (br !== undefined) members.push(`"_br":${br}`)
  if (to !== undefined) members.push(`"_to":${JSON.stringify(to)}`)
  if (hop !== undefined) members.push(`"_hop":${hop}`)
  if (tap !== undefined) members.push(`".tap":${tap}`)
  if (signals !== '') members.push(signals)
  return utf8(`{${members.join(',')}}`)
}

/** All `+` members, values as they came. */
export function signalsText(telex: Telex): string {
  const signals: string[] = []
  for (const [name, { raw }] of telex.members) {
    if (name.startsWith('+')) signals.push(`${JSON.stringify(name)}:${raw}`)
  }
  return signals.join(',')
}

/** Names that are between two switches alone: a line's number is its password. */
const PRIVATE = new Set(['_line', '_ring', '_br'])

/** The telex without what opens its sender's line: what other routers and tap rules may see. */
export function publicTelex(telex: Telex): Telex {
  return { members: new Map([...telex.members].filter(([name]) => !PRIVATE.has(name))) }
}

/** A telex as it is, in JSON. */
export function telexBytes(telex: Telex): Uint8Array {
  const members = [...telex.members].map(([name, { raw }]) => `${JSON.stringify(name)}:${raw}`)
  return utf8(`{${members.join(',')}}`)
}
