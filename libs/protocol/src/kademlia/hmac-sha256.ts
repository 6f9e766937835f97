import sodium from 'sodium-native'

/** SHA-256's block and digest, bytes (FIPS 180-4). */
const [BLOCK_BYTES, DIGEST_BYTES] = [64, 32]

/**
 * HMAC-SHA-256 (RFC 2104) with one key over messages of one length, in memory that is used again and again: a token is made for
 * nearly every query, and building a MAC object for each costs more than both hashes.
 */
export class HmacSha256 {
  readonly #inner: Uint8Array
  readonly #outer: Uint8Array
  readonly #digest = new Uint8Array(DIGEST_BYTES)
  /** Where to write the message. */
  readonly message: Uint8Array

  /** @param key at most 64 bytes @param messageBytes the length of every message */
  constructor(key: Uint8Array, messageBytes: number) {
    this.#inner = new Uint8Array(BLOCK_BYTES + messageBytes)
    this.#outer = new Uint8Array(BLOCK_BYTES + DIGEST_BYTES)
    this.message = this.#inner.subarray(BLOCK_BYTES)
    for (let i = 0; i < BLOCK_BYTES; i++) {
      this.#inner[i] = (key[i] ?? 0) ^ 0x36
      this.#outer[i] = (key[i] ?? 0) ^ 0x5c
    }
  }

  /** @returns the MAC of the message; its memory is used again by the next one */
  digest(): Uint8Array {
    sodium.crypto_hash_sha256(this.#digest, this.#inner)
    this.#outer.set(this.#digest, BLOCK_BYTES)
    sodium.crypto_hash_sha256(this.#digest, this.#outer)
    return this.#digest
  }
}
