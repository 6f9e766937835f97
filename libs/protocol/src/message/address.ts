import { fromHex, toText, utf8 } from '../bytes/bytes.ts'
import { fromZBase32, toZBase32 } from '../bytes/z-base-32.ts'
import { KEY_BYTES, TOPIC_BYTES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Endpoint, formatEndpoint, parseEndpoint } from './endpoint.ts'

/** Where a message goes: `p2pmsg://<key in z-base-32>[@host:port][/topic]`. With a host, that router is asked directly. */
export type Address = Readonly<{
  /** The receiver's Ed25519 public key, 32 bytes. */
  receiver: Uint8Array
  endpoint: Endpoint | undefined
  /** Empty = none. At most 32 bytes of UTF-8. */
  topic: string
}>

export type AddressFault = 'not-an-address' | 'bad-key' | 'bad-host' | 'bad-topic'

const ADDRESS = /^p2pmsg:\/\/([^@/]+)(?:@([^/]+))?(?:\/(.*))?$/s

/** Reads an address; a bare key in z-base-32 or hex stands for an address without host and topic. */
export function parseAddress(text: string): Parsed<Address, AddressFault> {
  const bare = parseKey(text)
  if (bare) return parsed({ receiver: bare, endpoint: undefined, topic: '' })
  const match = ADDRESS.exec(text)
  if (!match) return faulty('not-an-address')
  const receiver = parseKey(match[1] ?? '')
  if (!receiver) return faulty('bad-key')
  const endpoint = match[2] === undefined ? undefined : parseEndpoint(match[2])
  if (match[2] !== undefined && !endpoint) return faulty('bad-host')
  const topic = decodeTopic(match[3] ?? '')
  if (topic === undefined) return faulty('bad-topic')
  return parsed({ receiver, endpoint, topic })
}

export function formatAddress(address: Address): string {
  const host = address.endpoint ? `@${formatEndpoint(address.endpoint)}` : ''
  const topic = address.topic === '' ? '' : `/${encodeURIComponent(address.topic)}`
  return `p2pmsg://${toZBase32(address.receiver)}${host}${topic}`
}

/** A public key as people write it: 52 characters of z-base-32 or 64 hex digits. */
export function parseKey(text: string): Uint8Array | undefined {
  return fromZBase32(text, KEY_BYTES) ?? fromHex(text, KEY_BYTES)
}

function decodeTopic(escaped: string): string | undefined {
  try {
    const topic = decodeURIComponent(escaped)
    const bytes = utf8(topic)
    return bytes.length <= TOPIC_BYTES_MAX ? toText(bytes) : undefined
  } catch {
    return undefined // a stray % or a lone surrogate
  }
}
