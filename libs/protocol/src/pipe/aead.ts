import sodium from 'sodium-native'

/** Poly1305's tag, bytes. */
export const TAG_BYTES = 16
/** ChaCha20's key, bytes. */
export const CIPHER_KEY_BYTES = 32

const U32 = 2 ** 32
/** One for all calls: they never overlap. Four zero bytes, then the counter, little-endian (Noise §12.3). */
const nonce = Buffer.alloc(12)

/**
 * ChaCha20-Poly1305 (RFC 8439) as Noise uses it.
 * @param counter an exact integer, never used twice with one key
 * @param into `plain.length + TAG_BYTES` bytes
 */
export function seal(key: Uint8Array, counter: number, additional: Uint8Array, plain: Uint8Array, into: Uint8Array) {
  setNonce(counter)
  sodium.crypto_aead_chacha20poly1305_ietf_encrypt(into, plain, additional, null, nonce, key)
}

/** @returns undefined unless the tag fits */
export function open(
  key: Uint8Array,
  counter: number,
  additional: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const plain = Buffer.allocUnsafe(sealed.length - TAG_BYTES)
  setNonce(counter)
  try {
    sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plain, null, sealed, additional, nonce, key)
    return plain
  } catch {
    return undefined
  }
}

function setNonce(counter: number): void {
  nonce.writeUInt32LE(counter >>> 0, 4)
  nonce.writeUInt32LE(Math.floor(counter / U32), 8)
}
