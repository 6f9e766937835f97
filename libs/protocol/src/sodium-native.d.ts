/** sodium-native ships no types; these are the calls we use, as libsodium documents them. They write into their first argument. */
declare module 'sodium-native' {
  const sodium: {
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
    crypto_scalarmult_base(publicKey: Uint8Array, secretKey: Uint8Array): void
    /** Throws when the result is all zeros (a point of low order). */
    crypto_scalarmult(shared: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void
    crypto_hash_sha256(output: Uint8Array, input: Uint8Array): void
    /** BLAKE2b; its length is the output's, 16–64 bytes. */
    crypto_generichash(output: Uint8Array, input: Uint8Array, key?: Uint8Array): void
    crypto_aead_chacha20poly1305_ietf_encrypt(
      sealed: Uint8Array,
      plain: Uint8Array,
      additional: Uint8Array,
      secretNonce: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    /** Throws when the tag is wrong. */
    crypto_aead_chacha20poly1305_ietf_decrypt(
      plain: Uint8Array,
      secretNonce: null,
      sealed: Uint8Array,
      additional: Uint8Array,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    /** X25519, XSalsa20 and Poly1305, the tag first. Throws when the shared secret would be zeros. */
    crypto_box_easy(
      boxed: Uint8Array,
      plain: Uint8Array,
      nonce: Uint8Array,
      publicKey: Uint8Array,
      secretKey: Uint8Array,
    ): void
    /** False when the tag is wrong. */
    crypto_box_seal_open(plain: Uint8Array, sealed: Uint8Array, publicKey: Uint8Array, secretKey: Uint8Array): boolean
    /** Throws for what is no point, and for one of low order. */
    crypto_sign_ed25519_pk_to_curve25519(x25519Key: Uint8Array, ed25519Key: Uint8Array): void
    crypto_sign_ed25519_sk_to_curve25519(x25519Key: Uint8Array, ed25519Key: Uint8Array): void
  }
  export default sodium
}
