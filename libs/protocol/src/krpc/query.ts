import { utf8 } from '../bytes/bytes.ts'
import type { Dict } from '../bytes/dict.ts'
import { ID_BYTES } from '../kademlia/id.ts'
import type { Frame } from './frame.ts'

/** A query as a node answers it. */
export type Query = Readonly<{
  t: Uint8Array
  method: string
  id: Uint8Array
  /** `target` or `info_hash`, where it is 20 bytes. */
  target: Uint8Array | undefined
  readOnly: boolean
  /** All arguments; undefined when there are none but `id`, `pad` and the target. */
  args: Dict | undefined
}>

export function queryOf(frame: Extract<Frame, { kind: 'query' }>): Query {
  const { t, method, id, readOnly, args } = frame
  const target = args.bytes('target') ?? args.bytes('info_hash')
  return { t, method, id, target: target?.length === ID_BYTES ? target : undefined, readOnly, args }
}

const [D, E, L, ZERO, NINE, COLON] = [0x64, 0x65, 0x6c, 0x30, 0x39, 0x3a] as const
const HEAD = utf8('d1:ad2:id20:')
const INFO_HASH = utf8('9:info_hash20:')
const TARGET = utf8('6:target20:')
const PAD = utf8('3:pad')
const METHOD = utf8('1:q')
const READ_ONLY = utf8('2:roi1e')
const TRANSACTION = utf8('1:t')
const VERSION = utf8('1:v')
const TAIL = utf8('1:y1:qe')
const TRANSACTION_BYTES_MAX = 64
/** Those that make nearly all of a node's work. */
const METHODS = ['ping', 'find_node', 'get_peers'].map((name) => ({ name, bytes: utf8(name) }))
/** `pad` and others of the kind: four digits are more than a datagram has. */
const LENGTH_DIGITS_MAX = 4

/**
 * Reads the queries that nearly all traffic is made of, in the form in which nearly everyone writes them, without building
 * anything: four times as fast as {@link parseFrame}, which has to read whatever this leaves.
 * @returns what `queryOf(parseFrame(bytes))` would, or undefined for anything out of the ordinary
 */
export function quickQuery(bytes: Uint8Array): Query | undefined {
  if (bytes[0] !== D || !has(bytes, 0, HEAD)) return undefined
  const idAt = HEAD.length
  let at = idAt + ID_BYTES
  let targetAt = 0
  let padded = false
  while (bytes[at] !== E) {
    if (targetAt === 0 && has(bytes, at, TARGET)) {
      targetAt = at + TARGET.length
      at = targetAt + ID_BYTES
    } else if (targetAt === 0 && has(bytes, at, INFO_HASH)) {
      targetAt = at + INFO_HASH.length
      at = targetAt + ID_BYTES
    } else if (!padded && has(bytes, at, PAD)) {
      at = skipString(bytes, at + PAD.length)
      padded = true
    } else return undefined
    if (at < 0 || at >= bytes.length) return undefined
  }
  at++
  if (!has(bytes, at, METHOD)) return undefined
  at += METHOD.length
  const methodEnd = skipString(bytes, at)
  const method = METHODS.find(({ bytes: name }) => methodEnd - name.length === at + 2 && has(bytes, at + 2, name))
  if (!method) return undefined
  at = methodEnd
  const readOnly = has(bytes, at, READ_ONLY)
  if (readOnly) at += READ_ONLY.length
  if (!has(bytes, at, TRANSACTION)) return undefined
  const tEnd = skipString(bytes, at + TRANSACTION.length)
  const tAt = bytes[at + 4] === COLON ? at + 5 : at + 6
  if (tEnd < 0 || tEnd - tAt > TRANSACTION_BYTES_MAX) return undefined
  at = tEnd
  if (has(bytes, at, VERSION)) at = skipString(bytes, at + VERSION.length)
  if (at < 0 || at + TAIL.length !== bytes.length || !has(bytes, at, TAIL)) return undefined
  return {
    t: bytes.subarray(tAt, tEnd),
    method: method.name,
    id: bytes.subarray(idAt, idAt + ID_BYTES),
    target: targetAt === 0 ? undefined : bytes.subarray(targetAt, targetAt + ID_BYTES),
    readOnly,
    args: undefined,
  }
}

function has(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  return true
}

/** @returns where the string that starts at `at` ends, or −1 */
function skipString(bytes: Uint8Array, at: number): number {
  const start = at
  let length = 0
  for (; ; at++) {
    const byte = bytes[at] ?? L
    if (byte === COLON) break
    if (byte < ZERO || byte > NINE || at - start >= LENGTH_DIGITS_MAX) return -1
    length = length * 10 + (byte - ZERO)
  }
  if (at === start || (bytes[start] === ZERO && at - start > 1)) return -1
  const end = at + 1 + length
  return end <= bytes.length ? end : -1
}
