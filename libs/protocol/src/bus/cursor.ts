import { fromBase64Url, toBase64Url } from '../bytes/bytes.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import type { Position } from './position.ts'

/** Version u8, position u64: opaque to readers, the same in page links, SSE ids, Atom and JSON Feed links and exports. */
const VERSION = 1
const CHARACTERS = 12 // 9 bytes in base64url

export function formatCursor(position: Position): string {
  return toBase64Url(new Writer(9).u8(VERSION).u64(position).done())
}

export function parseCursor(text: string): Parsed<Position, 'bad-cursor'> {
  const bytes = text.length === CHARACTERS ? fromBase64Url(text) : undefined
  if (!bytes) return faulty('bad-cursor')
  const reader = new Reader(bytes)
  const version = reader.u8()
  const position = reader.u64()
  return reader.complete && version === VERSION && position < 2n ** 63n ? parsed(position) : faulty('bad-cursor')
}
