import sodium from 'sodium-native'
import { concat } from '../bytes/bytes.ts'
import { KEY_BYTES } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import type { KeyPair } from './signature.ts'

/** What a box is longer than what it holds, bytes. */
export const SEALED_BOX_BYTES = 48
const NONCE_BYTES = 24

/** An X25519 pair that boxes are sealed to, 32 bytes each. */
export type SealKeys = Readonly<{ publicKey: Uint8Array; secretKey: Uint8Array }>

/**
 * libsodium's `crypto_box_seal`: anybody can make one, only the owner of the key opens it, and it says nothing of who made it.
 *   ephemeral  32  X25519 key, made for this box alone
 *   tag        16  Poly1305
 *   boxed          XSalsa20 under the X25519 of both keys, nonce BLAKE2b-24(ephemeral ‖ to)
 * @param to X25519
 * @param secret 32 random bytes, for this box alone
 * @returns `bad-key` where nothing can be sealed to `to` (a point of low order)
 */
export function sealBox(plain: Uint8Array, to: Uint8Array, secret: Uint8Array): Parsed<Uint8Array, 'bad-key'> {
  const box = Buffer.alloc(plain.length + SEALED_BOX_BYTES)
  const ephemeral = box.subarray(0, KEY_BYTES)
  sodium.crypto_scalarmult_base(ephemeral, secret)
  const nonce = Buffer.alloc(NONCE_BYTES)
  sodium.crypto_generichash(nonce, concat([ephemeral, to]))
  try {
    sodium.crypto_box_easy(box.subarray(KEY_BYTES), plain, nonce, to, secret)
    return parsed(box)
  } catch {
    return faulty('bad-key')
  }
}

/** @returns undefined unless the box was sealed to this pair */
export function openBox(box: Uint8Array, keys: SealKeys): Uint8Array | undefined {
  if (box.length < SEALED_BOX_BYTES) return undefined
  const plain = Buffer.alloc(box.length - SEALED_BOX_BYTES)
  return sodium.crypto_box_seal_open(plain, box, keys.publicKey, keys.secretKey) ? plain : undefined
}

/** The X25519 key of an Ed25519 one (the birational map of RFC 7748 §4.1). @returns undefined for what is no such key */
export function sealKeyOf(publicKey: Uint8Array): Uint8Array | undefined {
  const key = Buffer.alloc(KEY_BYTES)
  try {
    sodium.crypto_sign_ed25519_pk_to_curve25519(key, publicKey)
    return key
  } catch {
    return undefined
  }
}

/** The X25519 pair of a signing pair: its public half is {@link sealKeyOf} of the other's. */
export function sealKeysOf({ secretKey }: KeyPair): SealKeys {
  const keys = { publicKey: Buffer.alloc(KEY_BYTES), secretKey: Buffer.alloc(KEY_BYTES) }
  sodium.crypto_sign_ed25519_sk_to_curve25519(keys.secretKey, secretKey)
  sodium.crypto_scalarmult_base(keys.publicKey, keys.secretKey)
  return keys
}
