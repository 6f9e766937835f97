import { hash } from 'node:crypto'
import { concat } from '../bytes/bytes.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { KEY_BYTES, SALT_BYTES_MAX, SIGNATURE_BYTES } from '../limits.ts'
import type { Item } from '../message/item.ts'

/** BEP 44: the largest bencoded value that a node stores, bytes. */
export const ITEM_VALUE_BYTES_MAX = 1000

/** What a `put` stores: signed and replaceable, or named by its own hash. */
export type Storable = Item | Readonly<{ value: Uint8Array }>

export function isSigned(item: Storable): item is Item {
  return 'key' in item
}

/** BEP 44: SHA-1 of key and salt, or of the bencoded value. */
export function targetOf(item: Storable): Uint8Array {
  const named = isSigned(item) ? concat([item.key, item.salt]) : item.value
  return hash('sha1', named, 'buffer')
}

/**
 * An item in one piece of memory, since a hundred thousand objects of several arrays each would cost more than their bytes:
 *   salt_length u8    255 = immutable, and `value` follows at once
 *   key         32
 *   signature   64
 *   seq         u64
 *   salt        0–64
 *   value       1–1000
 */
const IMMUTABLE = 255
const HEAD_BYTES = 1 + KEY_BYTES + SIGNATURE_BYTES + 8

export function packItem(item: Storable): Uint8Array {
  const writer = new Writer(HEAD_BYTES + SALT_BYTES_MAX + item.value.length)
  if (isSigned(item)) {
    writer.u8(item.salt.length).bytes(item.key).bytes(item.signature).u64(item.seq).bytes(item.salt)
  } else writer.u8(IMMUTABLE)
  return Uint8Array.prototype.slice.call(writer.bytes(item.value).done())
}

export function unpackItem(packed: Uint8Array): Storable {
  const reader = new Reader(packed)
  const saltLength = reader.u8()
  if (saltLength === IMMUTABLE) return { value: packed.subarray(1) }
  const [key, signature, seq] = [reader.bytes(KEY_BYTES), reader.bytes(SIGNATURE_BYTES), reader.u64()]
  return { key, signature, seq, salt: reader.bytes(saltLength), value: packed.subarray(HEAD_BYTES + saltLength) }
}
