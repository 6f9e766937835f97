import { concat, utf8 } from './bytes.ts'

/** Bytes that are bencode already and go in as they are. */
export class Raw {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | Raw
  | readonly Encodable[]
  | Readonly<{ [key: string]: Encodable | undefined }>

/** Canonical bencode (BEP 3): keys in byte order; text becomes UTF-8; members that are undefined are left out. */
export function bencode(value: Encodable): Uint8Array {
  const parts: Uint8Array[] = []
  write(value, parts)
  return concat(parts)
}

const [LIST, DICT, END] = [utf8('l'), utf8('d'), utf8('e')]

function write(value: Encodable, parts: Uint8Array[]): void {
  if (typeof value === 'string') writeString(utf8(value), parts)
  else if (value instanceof Uint8Array) writeString(value, parts)
  else if (typeof value === 'bigint' || typeof value === 'number') parts.push(utf8(`i${value}e`))
  else if (value instanceof Raw) parts.push(value.bytes)
  else if (isList(value)) {
    parts.push(LIST)
    for (const item of value) write(item, parts)
    parts.push(END)
  } else {
    parts.push(DICT)
    for (const key of Object.keys(value).sort(byBytes)) {
      const member = value[key]
      if (member === undefined) continue
      writeString(utf8(key), parts)
      write(member, parts)
    }
    parts.push(END)
  }
}

function writeString(bytes: Uint8Array, parts: Uint8Array[]): void {
  parts.push(utf8(`${bytes.length}:`), bytes)
}

function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value)
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(utf8(a), utf8(b))
}
