import { fromBase64Url, HASH_BYTES, toBase64Url } from '@p2pmsg/protocol'
import { members } from '../http/bounded-fetch.ts'

/** A message without its end, as the outbox keeps it. */
export type Unsent = Readonly<{
  /** Hex. */
  id: string
  /** The receiver's, `p2pmsg://…`. */
  address: string
  /** The canonical bencoding, as it was signed. */
  message: Uint8Array
  /** When it was put here, Unix milliseconds. */
  sinceMs: number
}>

/**
 * A journal has a line of JSON for each thing that happened:
 *   {"add": id, "to": address, "message": base64url, "at": Unix ms}
 *   {"end": id}
 * What a crash left of the last line is no line.
 */
export type Line = Readonly<{ add: Unsent }> | Readonly<{ end: string }>

export function formatLine(line: Line): string {
  if ('end' in line) return `${JSON.stringify({ end: line.end })}\n`
  const { id, address, message, sinceMs } = line.add
  return `${JSON.stringify({ add: id, to: address, message: toBase64Url(message), at: sinceMs })}\n`
}

const ID = new RegExp(`^[0-9a-f]{${HASH_BYTES * 2}}$`)

/** @returns undefined when the line was not written by {@link formatLine}, or not to its end */
function parseLine(text: string): Line | undefined {
  const { add, end, to, message, at } = members(parseJson(text))
  if (typeof end === 'string') return ID.test(end) ? { end } : undefined
  if (typeof add !== 'string' || !ID.test(add)) return undefined
  const bytes = typeof message === 'string' ? fromBase64Url(message) : undefined
  if (!bytes || typeof to !== 'string' || typeof at !== 'number') return undefined
  return { add: { id: add, address: to, message: bytes, sinceMs: at } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is left of a journal: those that were added and did not end, in the order in which they came. */
export function unsentIn(text: string): Map<string, Unsent> {
  const unsent = new Map<string, Unsent>() // BOUNDED by the journal, which has JOURNAL_BYTES_MAX
  for (const each of text.split('\n')) {
    const line = parseLine(each)
    if (!line) continue
    if ('add' in line) unsent.set(line.add.id, line.add)
    else unsent.delete(line.end)
  }
  return unsent
}
