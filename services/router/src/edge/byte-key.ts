/** Bytes as the key of a map, one character each: shorter than hex and quicker to make. */
export function byteKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
