/** Small things about byte strings that the language lacks. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/** @returns the bytes, or undefined unless `text` is exactly `bytes` × 2 hex digits */
export function fromHex(text: string, bytes: number): Uint8Array | undefined {
  if (text.length !== bytes * 2 || !/^[0-9a-f]*$/i.test(text)) return undefined
  return Buffer.from(text, 'hex')
}

export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
}

/** @returns the bytes, or undefined unless `text` is exactly what {@link toBase64Url} makes of them (RFC 4648 §5, no padding) */
export function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Text that Postgres, XML and JSON can all hold: valid UTF-8 (RFC 3629) without U+0000.
 * @returns the text, or undefined
 */
export function toText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}
