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

/**
 * Canonical bencode (BEP 3): keys in byte order; text becomes UTF-8; members that are undefined are left out. Keys are ours and
 * ASCII, so the order of their characters is the order of their bytes.
 * @throws {RangeError} a defect: another key, or a number that is no exact integer
 */
export function bencode(value: Encodable): Uint8Array {
  at = 0
  write(value)
  return Buffer.from(scratch.subarray(0, at)) // a copy out of the shared pool: cheaper than a buffer of its own
}

// One buffer for all encodings: they never overlap, and growing it anew for each would cost more than the encoding.
let scratch = Buffer.allocUnsafe(4096)
let at = 0

const [LIST, DICT, INT, END, COLON] = [0x6c, 0x64, 0x69, 0x65, 0x3a] as const

function room(bytes: number): void {
  if (at + bytes <= scratch.length) return
  const grown = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + bytes))
  scratch.copy(grown, 0, 0, at)
  scratch = grown
}

function byte(value: number): void {
  room(1)
  scratch[at++] = value
}

function write(value: Encodable): void {
  if (value instanceof Uint8Array) writeBytes(value)
  else if (typeof value === 'string') writeText(value)
  else if (typeof value === 'bigint' || typeof value === 'number') writeInt(value)
  else if (value instanceof Raw) append(value.bytes)
  else if (isList(value)) {
    byte(LIST)
    for (const item of value) write(item)
    byte(END)
  } else {
    byte(DICT)
    for (const key of sortedKeys(value)) {
      const member = value[key]
      if (member === undefined) continue
      writeKey(key)
      write(member)
    }
    byte(END)
  }
}

function writeKey(key: string): void {
  ascii(String(key.length))
  byte(COLON)
  ascii(key)
  for (let i = 0; i < key.length; i++) {
    if (key.charCodeAt(i) > 0x7f) throw new RangeError('a key must be ASCII')
  }
}

function writeInt(value: number | bigint): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`${value} is no exact integer`)
  byte(INT)
  ascii(String(value))
  byte(END)
}

function writeBytes(bytes: Uint8Array): void {
  ascii(String(bytes.length))
  byte(COLON)
  append(bytes)
}

function writeText(text: string): void {
  const length = Buffer.byteLength(text)
  ascii(String(length))
  byte(COLON)
  room(length)
  at += scratch.write(text, at)
}

function append(bytes: Uint8Array): void {
  room(bytes.length)
  scratch.set(bytes, at)
  at += bytes.length
}

function ascii(text: string): void {
  room(text.length)
  for (let i = 0; i < text.length; i++) scratch[at++] = text.charCodeAt(i)
}

function sortedKeys(value: object): string[] {
  const keys = Object.keys(value)
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] as string) > (keys[i] as string)) return keys.sort() // most callers have them in order
  }
  return keys
}

function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value)
}
