import sodium from 'sodium-native'
import { KEY_BYTES, SIGNATURE_BYTES } from '../limits.ts'

/** An Ed25519 key pair (RFC 8032) in libsodium's form. */
export type KeyPair = Readonly<{
  /** 32 bytes. */
  publicKey: Uint8Array
  /** 64 bytes: seed and public key. */
  secretKey: Uint8Array
}>

/** @param seed 32 random bytes: RFC 8032's private key */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  const publicKey = Buffer.alloc(KEY_BYTES)
  const secretKey = Buffer.alloc(KEY_BYTES * 2)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  return { publicKey, secretKey }
}

export function sign(bytes: Uint8Array, keys: KeyPair): Uint8Array {
  const signature = Buffer.allocUnsafe(SIGNATURE_BYTES)
  sodium.crypto_sign_detached(signature, bytes, keys.secretKey)
  return signature
}

/**
 * The one rule for validity in the whole system: exact lengths, then libsodium's word. The lengths come first because
 * libsodium takes a longer signature and throws on a shorter one.
 */
export function verify(signature: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== KEY_BYTES) return false
  return sodium.crypto_sign_verify_detached(signature, bytes, publicKey)
}
