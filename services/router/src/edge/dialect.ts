/** What a datagram's first byte says it is. The ranges cannot meet: no bencoded dict, JSON text or lead byte of UTF-8 starts like a pipe's frame. */
export type DatagramDialect = 'krpc' | 'telex' | 'pipe' | 'unknown'

const DICT = 0x64 // `d`
const BRACE = 0x7b // `{`
const PIPE_FIRST = 0xf8
const PIPE_LAST = 0xfb

export function dialectOf(bytes: Uint8Array): DatagramDialect {
  const first = bytes[0] ?? 0
  if (first === DICT) return 'krpc'
  if (first === BRACE) return 'telex'
  return first >= PIPE_FIRST && first <= PIPE_LAST ? 'pipe' : 'unknown'
}
