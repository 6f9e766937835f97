/** z-base-32 (Zooko O'Whielacronx, 2002): base 32 with an alphabet that people read aloud and type; no padding, lower case. */
const ALPHABET = 'ybndrfg8ejkmcpqxot1uwisza345h769'
const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character, value] as const))
const BITS = 5

export function toZBase32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= BITS) {
      bits -= BITS
      text += ALPHABET[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  if (bits > 0) text += ALPHABET[(held << (BITS - bits)) & 31]
  return text
}

/** @returns exactly `length` bytes, or undefined on another length, a strange character or bits left over that are not zero */
export function fromZBase32(text: string, length: number): Uint8Array | undefined {
  if (text.length !== Math.ceil((length * 8) / BITS)) return undefined
  const bytes = new Uint8Array(length)
  let held = 0
  let bits = 0
  let at = 0
  for (const character of text) {
    const value = VALUES.get(character)
    if (value === undefined) return undefined
    held = (held << BITS) | value
    bits += BITS
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (held >> bits) & 255
    }
    held &= (1 << bits) - 1
  }
  return held === 0 ? bytes : undefined
}
