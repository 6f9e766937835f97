import { bencode, Raw } from '../bytes/bencode-encode.ts'
import { concat, utf8 } from '../bytes/bytes.ts'
import type { Dict } from '../bytes/dict.ts'
import { KEY_BYTES, SALT_BYTES_MAX, SIGNATURE_BYTES } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type KeyPair, sign, verify } from './signature.ts'

/**
 * A BEP 44 mutable item: what both messages and receiver records are signed as.
 * @see BEP 44, "Mutable items"
 */
export type Item = Readonly<{
  /** Ed25519 public key, 32 bytes. */
  key: Uint8Array
  /** 0–64 bytes; empty = absent. */
  salt: Uint8Array
  seq: bigint
  /** The bencoded value, as received. */
  value: Uint8Array
  /** 64 bytes. */
  signature: Uint8Array
}>

/** `4:salt<n>:<salt>3:seqi<seq>e1:v<bencoded v>`; without a salt its member is left out (BEP 44). */
export function signedBytes(item: Omit<Item, 'key' | 'signature'>): Uint8Array {
  const head = item.salt.length === 0 ? [] : [utf8(`4:salt${item.salt.length}:`), item.salt]
  return concat([...head, utf8(`3:seqi${item.seq}e1:v`), item.value])
}

export function signItem(keys: KeyPair, item: Omit<Item, 'key' | 'signature'>): Item {
  return { ...item, key: keys.publicKey, signature: sign(signedBytes(item), keys) }
}

export function verifyItem(item: Item): boolean {
  return verify(item.signature, signedBytes(item), item.key)
}

export type ItemFault =
  | 'malformed'
  /** BEP 44 numbers this one apart: error 207. */
  | 'salt-too-long'

/** Reads an item's five members out of a dict that may hold more, such as the arguments of a KRPC query. */
export function itemOf(dict: Dict): Parsed<Item, ItemFault> {
  const [key, salt, seq] = [dict.bytes('k'), dict.bytes('salt') ?? new Uint8Array(0), dict.int('seq')]
  const [signature, value] = [dict.bytes('sig'), dict.raw('v')]
  if (salt.length > SALT_BYTES_MAX) return faulty('salt-too-long')
  if (key?.length !== KEY_BYTES || signature?.length !== SIGNATURE_BYTES) return faulty('malformed')
  if (seq === undefined || seq < 0n || !value) return faulty('malformed')
  return parsed({ key, salt, seq, value, signature })
}

/** Canonical bencode of `{k, salt, seq, sig, v}`. */
export function encodeItem(item: Item): Uint8Array {
  const salt = item.salt.length === 0 ? undefined : item.salt
  return bencode({ k: item.key, salt, seq: item.seq, sig: item.signature, v: new Raw(item.value) })
}
