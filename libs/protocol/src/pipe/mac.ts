import { hkdfSync } from 'node:crypto'
import sodium from 'sodium-native'
import { MAC_BYTES } from './sizes.ts'

const KEY_BYTES = 32

/** Keyed BLAKE2b (RFC 7693) of 16 bytes. */
export function mac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const output = Buffer.allocUnsafe(MAC_BYTES)
  sodium.crypto_generichash(output, bytes, key)
  return output
}

/** One key for one use out of a secret that has several (RFC 5869, SHA-256). */
export function keyFor(use: string, secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', use, KEY_BYTES))
}
