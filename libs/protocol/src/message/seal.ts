import { decodeCanonical } from '../bytes/bencode.ts'
import { bencode, Raw } from '../bytes/bencode-encode.ts'
import { equalBytes } from '../bytes/bytes.ts'
import { Dict } from '../bytes/dict.ts'
import { KEY_BYTES } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Content, parseContent } from './content.ts'
import { openBox, type SealKeys, sealBox } from './sealed-box.ts'

/** Topic and author stand outside the seal. */
export type SealedContent = Omit<Content, 'topic'>
export type OpenFault = 'not-for-this-key' | 'another-author' | 'malformed'

/**
 * The body of a message of type `p2pmsg/sealed`: a sealed box ({@link sealBox}) that holds the canonical bencoding of a dict.
 *   k  32 bytes  the author's key. A box says nothing of who made it: without this, anybody could sign one that he cannot read,
 *                and pass for its author
 *   v            what the message says, as the `v` of one that is not sealed
 * @param value the bencoded `v` of a message
 * @param author Ed25519, of whoever will sign the message
 * @param to X25519, the receiver's
 * @param secret 32 random bytes, for this body alone
 */
export function sealBody(
  value: Uint8Array,
  author: Uint8Array,
  to: Uint8Array,
  secret: Uint8Array,
): Parsed<Uint8Array, 'bad-key'> {
  return sealBox(bencode({ k: author, v: new Raw(value) }), to, secret)
}

/** @param author Ed25519, of whoever signed the message */
export function openBody(body: Uint8Array, author: Uint8Array, keys: SealKeys): Parsed<SealedContent, OpenFault> {
  const plain = openBox(body, keys)
  if (!plain) return faulty('not-for-this-key')
  const decoded = decodeCanonical(plain)
  if (!decoded.ok || !(decoded.value instanceof Dict)) return faulty('malformed')
  const [key, value] = [decoded.value.bytes('k'), decoded.value.raw('v')]
  if (!key || !value) return faulty('malformed')
  if (!equalBytes(key, author)) return faulty('another-author')
  const content = parseContent({ salt: NO_TOPIC, value })
  if (!content.ok) return content
  const { topic: _, ...said } = content.value
  return parsed(said)
}

const NO_TOPIC = new Uint8Array(KEY_BYTES)
