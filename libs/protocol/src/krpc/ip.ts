import { IP_BYTES, isIpv4 } from './compact.ts'

/** 0–255 and more, without the leading zeros that some read as octal. */
const DECIMAL = /^(?:0|[1-9]\d{0,2})$/

/**
 * Text to 16 bytes, IPv4 mapped. Takes what the operating system prints, so: dotted quads, RFC 4291 text with `::`, a mapped
 * tail, and drops a `%zone`.
 * @returns undefined for anything else
 */
export function parseIp(text: string): Uint8Array | undefined {
  const bare = text.split('%', 1)[0] ?? ''
  return bare.includes(':') ? parseIpv6(bare) : parseIpv4(bare)
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(IP_BYTES)
  bytes[10] = 255
  bytes[11] = 255
  for (let i = 0; i < 4; i++) {
    const part = parts[i] as string
    const value = DECIMAL.test(part) ? Number(part) : 256
    if (value > 255) return undefined
    bytes[12 + i] = value
  }
  return bytes
}

function parseIpv6(text: string): Uint8Array | undefined {
  if (text.includes('.') && text.indexOf('.') < text.lastIndexOf(':')) return undefined // a quad stands at the end alone
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '')
  const tail = groupsOf(halves[1] ?? '')
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => 0), ...tail]
  const bytes = new Uint8Array(IP_BYTES)
  groups.forEach((group, i) => {
    bytes[i * 2] = group >> 8
    bytes[i * 2 + 1] = group & 255
  })
  return bytes
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  for (const part of text.split(':')) {
    if (part.includes('.')) {
      const mapped = parseIpv4(part)
      if (!mapped) return undefined
      groups.push(
        ((mapped[12] as number) << 8) | (mapped[13] as number),
        ((mapped[14] as number) << 8) | (mapped[15] as number),
      )
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** 16 bytes to text that a socket takes; a mapped IPv4 address becomes a dotted quad. */
export function formatIp(ip: Uint8Array): string {
  if (isIpv4(ip)) return ip.subarray(12).join('.')
  const groups: string[] = []
  for (let i = 0; i < IP_BYTES; i += 2) groups.push((((ip[i] as number) << 8) | (ip[i + 1] as number)).toString(16))
  return groups.join(':')
}
