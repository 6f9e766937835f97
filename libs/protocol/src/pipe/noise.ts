import { createHmac, hash } from 'node:crypto'
import sodium from 'sodium-native'
import { concat, utf8 } from '../bytes/bytes.ts'
import { CIPHER_KEY_BYTES, open, seal, TAG_BYTES } from './aead.ts'

/** X25519 key, bytes (RFC 7748). */
export const DH_BYTES = 32
const HASH_BYTES = 64 // BLAKE2b
const NAME = utf8('Noise_NK_25519_ChaChaPoly_BLAKE2b')
const NOTHING = new Uint8Array(0)

/** An X25519 key pair. */
export type DhKeys = Readonly<{ publicKey: Uint8Array; secretKey: Uint8Array }>

/** @param secretKey 32 random bytes */
export function dhKeys(secretKey: Uint8Array): DhKeys {
  const publicKey = Buffer.alloc(DH_BYTES)
  sodium.crypto_scalarmult_base(publicKey, secretKey)
  return { publicKey, secretKey }
}

/** What both sides have after the handshake: one key for each direction. */
export type Split = Readonly<{ fromInitiator: Uint8Array; fromResponder: Uint8Array }>

/** Noise §5.2: what both sides have seen (`h`), and what they share (`ck`, `k`). */
class SymmetricState {
  #h: Uint8Array
  #ck: Uint8Array
  #key: Uint8Array | undefined
  #nonce = 0

  constructor(prologue: Uint8Array, responder: Uint8Array) {
    this.#h = concat([NAME, new Uint8Array(HASH_BYTES - NAME.length)]) // a name that fits is padded, not hashed
    this.#ck = this.#h
    this.mixHash(prologue)
    this.mixHash(responder) // NK's pre-message: ← s
  }

  get handshakeHash(): Uint8Array {
    return this.#h
  }

  mixHash(bytes: Uint8Array): void {
    this.#h = hash('blake2b512', concat([this.#h, bytes]), 'buffer')
  }

  mixKey(material: Uint8Array): void {
    const [chain, key] = hkdf(this.#ck, material)
    this.#ck = chain
    this.#key = key.subarray(0, CIPHER_KEY_BYTES)
    this.#nonce = 0
  }

  encryptAndHash(plain: Uint8Array): Uint8Array {
    const sealed = Buffer.alloc(plain.length + TAG_BYTES)
    seal(this.#key as Uint8Array, this.#nonce++, this.#h, plain, sealed)
    this.mixHash(sealed)
    return sealed
  }

  decryptAndHash(sealed: Uint8Array): Uint8Array | undefined {
    const plain = open(this.#key as Uint8Array, this.#nonce++, this.#h, sealed)
    this.mixHash(sealed)
    return plain
  }

  split(): Split {
    const [first, second] = hkdf(this.#ck, NOTHING)
    return {
      fromInitiator: first.subarray(0, CIPHER_KEY_BYTES),
      fromResponder: second.subarray(0, CIPHER_KEY_BYTES),
    }
  }
}

/** Who calls: Noise NK without a key of its own (→ e, es; ← e, ee). */
export class NoiseInitiator {
  readonly #state: SymmetricState
  readonly #ephemeral: DhKeys
  readonly #responder: Uint8Array

  /** @param ephemeral used for this handshake alone @param responder its public key @param prologue what both must agree on */
  constructor(ephemeral: DhKeys, responder: Uint8Array, prologue: Uint8Array) {
    this.#state = new SymmetricState(prologue, responder)
    this.#ephemeral = ephemeral
    this.#responder = responder
  }

  /** @returns the first message, or undefined when the responder's key is a point of low order */
  write(payload: Uint8Array): Uint8Array | undefined {
    this.#state.mixHash(this.#ephemeral.publicKey)
    const shared = dh(this.#ephemeral.secretKey, this.#responder)
    if (!shared) return undefined
    this.#state.mixKey(shared)
    return concat([this.#ephemeral.publicKey, this.#state.encryptAndHash(payload)])
  }

  /** @returns the payload of the second message, or undefined when it is not the responder's answer to the first */
  read(message: Uint8Array): Uint8Array | undefined {
    const theirs = message.subarray(0, DH_BYTES)
    const shared = theirs.length === DH_BYTES ? dh(this.#ephemeral.secretKey, theirs) : undefined
    if (!shared) return undefined
    this.#state.mixHash(theirs)
    this.#state.mixKey(shared)
    return this.#state.decryptAndHash(message.subarray(DH_BYTES))
  }

  split(): Split {
    return this.#state.split()
  }

  get handshakeHash(): Uint8Array {
    return this.#state.handshakeHash
  }
}

/** Who is called, and has the key that the caller knows. Once {@link read} has failed it must not be used again. */
export class NoiseResponder {
  readonly #state: SymmetricState
  readonly #keys: DhKeys
  #theirs: Uint8Array = NOTHING

  constructor(keys: DhKeys, prologue: Uint8Array) {
    this.#state = new SymmetricState(prologue, keys.publicKey)
    this.#keys = keys
  }

  /** @returns the payload of the first message, or undefined when it was not made for our key */
  read(message: Uint8Array): Uint8Array | undefined {
    const theirs = message.subarray(0, DH_BYTES)
    const shared = theirs.length === DH_BYTES ? dh(this.#keys.secretKey, theirs) : undefined
    if (!shared) return undefined
    this.#theirs = theirs
    this.#state.mixHash(theirs)
    this.#state.mixKey(shared)
    return this.#state.decryptAndHash(message.subarray(DH_BYTES))
  }

  /** @param ephemeral used for this handshake alone @returns the second message, or undefined for a point of low order */
  write(ephemeral: DhKeys, payload: Uint8Array): Uint8Array | undefined {
    this.#state.mixHash(ephemeral.publicKey)
    const shared = dh(ephemeral.secretKey, this.#theirs)
    if (!shared) return undefined
    this.#state.mixKey(shared)
    return concat([ephemeral.publicKey, this.#state.encryptAndHash(payload)])
  }

  split(): Split {
    return this.#state.split()
  }

  get handshakeHash(): Uint8Array {
    return this.#state.handshakeHash
  }
}

function dh(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  const shared = Buffer.alloc(DH_BYTES)
  try {
    sodium.crypto_scalarmult(shared, secretKey, publicKey)
    return shared
  } catch {
    return undefined
  }
}

/** Noise §4.3 with two outputs. */
function hkdf(chain: Uint8Array, material: Uint8Array): [Uint8Array, Uint8Array] {
  const temporary = hmac(chain, material)
  const first = hmac(temporary, Buffer.of(1))
  return [first, hmac(temporary, concat([first, Buffer.of(2)]))]
}

function hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('blake2b512', key).update(bytes).digest()
}
